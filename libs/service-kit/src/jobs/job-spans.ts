import { parseTraceparent, spanNamed, type TraceContext } from '../tracing/trace-context.js';
import type { Span } from '../tracing/tracing.js';
import type { AttemptEnd } from './job.repository.js';
import type { JobRow } from './job.js';

type TracedJob = Pick<JobRow, 'id' | 'attempt' | 'traceparent' | 'correlation_id'>;

/** The span of the current attempt, or that of the job before the first; null for jobs that are not traced. */
export function attemptSpanOf({ traceparent, attempt }: TracedJob): TraceContext | null {
  const job = parseTraceparent(traceparent);
  return job === null || attempt === 0 ? job : spanNamed(job, 'attempt', attempt);
}

/** What every span about a job says. */
export function jobAttributes({ id, attempt, correlation_id: run }: TracedJob): Record<string, string | number> {
  return { 'sedge.job': id, 'sedge.attempt': attempt, ...(run !== null && { 'sedge.run': run }) };
}

/** Who ends an attempt tells of all of it, also of one that a dead worker began. It is linked to the attempt before. */
export function attemptSpan(
  job: JobRow,
  stage: string,
  { end, seconds }: { end: AttemptEnd; seconds: number },
): Span | null {
  const parent = parseTraceparent(job.traceparent);
  if (parent === null) return null;
  const endedAt = new Date();
  return {
    name: `attempt ${job.tool_name}`,
    kind: 'consumer',
    service: stage,
    context: spanNamed(parent, 'attempt', job.attempt),
    parent,
    startedAt: new Date(endedAt.getTime() - seconds * 1000),
    endedAt,
    attributes: {
      ...jobAttributes(job),
      'sedge.tool': job.tool_name,
      'sedge.worker': job.worker ?? '',
      'sedge.outcome': end.outcome,
    },
    ...(job.attempt > 1 && { links: [spanNamed(parent, 'attempt', job.attempt - 1)] }),
    ...(end.code !== undefined && { failure: `${end.code}: ${end.message ?? ''}` }),
  };
}

/** What a line of the log says of a job beside its words. */
export function logFieldsOf(job: TracedJob): Record<string, string | number> {
  const span = attemptSpanOf(job);
  return {
    job: job.id,
    attempt: job.attempt,
    ...(job.correlation_id !== null && { run: job.correlation_id }),
    ...(span !== null && { trace: span.traceId }),
  };
}
