import type { EndedJob, WorkerBench } from './worker-bench.js';

/** How a job stands, as a sentence. */
export function describeJob(bench: WorkerBench, job: EndedJob | null): string {
  const { worker } = bench.parts;
  const death = worker.isAlive ? '' : `; the worker has ended: ${worker.lastWords}`;
  if (job === null) return `the stage never heard of the job${death}`;
  const { state, failure, attempts } = job;
  if (state === 'queued') return `nobody took the job${wasTaken(attempts)}${death}`;
  if (state === 'running') return `the job is still running in attempt ${attempts.length}${death}`;
  return failure === null
    ? `the job ${state}${death}`
    : `the job ${state} (${failure.class}) with ${failure.code}: ${failure.message}${death}`;
}

function wasTaken(attempts: EndedJob['attempts']): string {
  const last = attempts.at(-1);
  if (last === undefined) return '';
  const reason = last.failure ? `: ${last.failure.code}: ${last.failure.message}` : '';
  return ` again after attempt ${last.number}, which ended as ${last.outcome}${reason}`;
}
