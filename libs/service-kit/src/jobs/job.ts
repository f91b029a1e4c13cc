import type { Digest } from '@sedge/artifact-contracts';
import type { FailureClass } from '@sedge/tool-contracts';

export type JobState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/** A row of the table `job`. */
export interface JobRow {
  id: Digest;
  state: JobState;
  tool_name: string;
  tool_version: string;
  tool_digest: Digest;
  parameters: Record<string, unknown>;
  inputs: Record<string, Digest | Digest[]>;
  machine: Record<string, string>;
  correlation_id: string | null;
  traceparent: string | null;
  attempt: number;
  token: string | null;
  worker: string | null;
  lease_until: Date | null;
  due_at: Date;
  is_cancel_requested: boolean;
  transient_failures: number;
  preempted_failures: number;
  outputs: Record<string, Digest> | null;
  duration_ms: number | null;
  failure: { class: FailureClass; code: string; message: string } | null;
  requested_at: Date;
  finished_at: Date | null;
}

/** A row of the table `attempt`. */
export interface AttemptRow {
  number: number;
  worker: string;
  /** where the worker's logs are; null for workers outside, and in the all-in-one process */
  worker_url: string | null;
  started_at: Date;
  finished_at: Date | null;
  outcome: 'succeeded' | 'failed' | 'cancelled' | 'preempted' | 'handed-back' | null;
  class: FailureClass | null;
  code: string | null;
  message: string | null;
}

/** Proof of who may speak for the current attempt of a job. An attempt that lost its lease holds an old one. */
export interface Fence {
  job: Digest;
  attempt: number;
  token: string;
}

/** The fence of an attempt under way. */
export const fenceOf = ({ id, attempt, token }: JobRow): Fence => ({ job: id, attempt, token: token! });

/** How workers outside are named, so that nobody takes them for one of ours. */
export const OUTSIDE = 'external:';

export const isOutside = ({ worker }: Pick<JobRow, 'worker'>): boolean => worker?.startsWith(OUTSIDE) ?? false;
