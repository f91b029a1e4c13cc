import type { Digest } from '@sedge/artifact-contracts';
import { failed, type Finding } from '../verdict.js';
import { describeJob } from './job-text.js';
import type { WorkerBench } from './worker-bench.js';

/**
 * Waits for a job that must come to the golden result.
 * @returns null where it did, else what is wrong
 */
export async function badEnd(bench: WorkerBench, job: Digest, mend: string, limitMs?: number): Promise<Finding | null> {
  const ended = await bench.ended(job, limitMs);
  if (ended?.state !== 'succeeded') return failed(describeJob(bench, ended), mend);
  const difference = bench.isRepeatable ? await bench.differenceFromGolden(ended) : null;
  return difference === null ? null : failed(`the result is another: ${difference}`, mend);
}

/** Whether the worker lives and works after a trial. @returns null where it does */
export async function isUnfit(bench: WorkerBench, mend: string): Promise<Finding | null> {
  const { worker } = bench.parts;
  if (worker.isAlive && (await bench.isAtWork())) return null;
  return failed(
    worker.isAlive ? 'the worker took no job any more afterwards' : `the worker ended: ${worker.lastWords}`,
    mend,
  );
}
