import type { JobRow } from './job.js';

/** Why a job that is queued at its stage, and may begin, has not begun. */
export type JobWait =
  /** only workers outside run its tool, and none is at work; `seenAt`: when one was last heard of, null where none ever was */
  | { reason: 'worker'; seenAt: Date | null }
  /** the workers outside that are known are at work on other jobs of the tool */
  | { reason: 'busy-workers'; workers: number }
  /** other jobs have the cores, the memory or the GPU that it needs */
  | { reason: 'cores' };

/** What is known of the workers outside that run a tool. */
export interface OutsideWorkers {
  /** jobs of the tool that they are at, with a lease that counts */
  busy: number;
  seenAt: Date | null;
}

/** @param outside the workers of the job's tool; null where this stage runs it itself */
export function waitOf(job: JobRow, outside: OutsideWorkers | null): JobWait | null {
  if (job.state !== 'queued' || job.due_at > new Date()) return null;
  if (outside === null) return { reason: 'cores' };
  if (outside.busy > 0) return { reason: 'busy-workers', workers: outside.busy };
  return { reason: 'worker', seenAt: outside.seenAt };
}
