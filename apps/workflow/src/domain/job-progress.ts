import { isDigest, type Digest } from '@sedge/artifact-contracts';

/** How far a job says it is. */
export interface JobProgress {
  job: Digest;
  done: number;
  total: number;
  unit: string;
  metrics: Record<string, number>;
}

/** Progress comes on a stream that may drop and is not checked by the subscriber: what can't be used is left out. */
export function validateProgress(data: unknown): JobProgress | null {
  const { job, done, total, unit, metrics } = (data ?? {}) as Record<string, unknown>;
  if (!isDigest(job) || !Number.isFinite(done) || !Number.isFinite(total) || typeof unit !== 'string') return null;
  const numbers = Object.entries((metrics ?? {}) as Record<string, unknown>).filter(([, value]) =>
    Number.isFinite(value),
  );
  return {
    job,
    done: done as number,
    total: total as number,
    unit,
    metrics: Object.fromEntries(numbers) as Record<string, number>,
  };
}
