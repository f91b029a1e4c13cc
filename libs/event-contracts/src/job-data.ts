import type { Digest } from '@sedge/artifact-contracts';

/** The tool that a job runs, as events name it. */
export interface ToolReference {
  name: string;
  version: string;
  stage: string;
  digest: Digest;
}

/** What a stage needs to know to run a job. */
export interface JobRequestedData {
  job: Digest;
  tool: ToolReference;
  parameters: Record<string, unknown>;
  inputs: Record<string, Digest | Digest[]>;
  machine: Record<string, string>;
  /** the run that asks; a job is cancelled when the last run that asked for it leaves */
  run: string;
  /** true where an earlier result must not be used: it failed verification, or someone asked to run it again */
  again: boolean;
}

export interface JobStartedData {
  job: Digest;
  tool: ToolReference;
  attempt: number;
  worker: string;
}

export interface JobSucceededData {
  job: Digest;
  tool: ToolReference;
  attempt: number;
  /** artifact id by output name */
  outputs: Record<string, Digest>;
  /** wall time of the attempt that committed */
  durationMs: number;
}

export interface JobFailedData {
  job: Digest;
  tool: ToolReference;
  attempt: number;
  class: 'transient' | 'preempted' | 'permanent';
  code: string;
  message: string;
}

export interface JobCancelledData {
  job: Digest;
  tool: ToolReference;
  attempt: number;
}

export interface JobCancelRequestedData {
  job: Digest;
  tool: ToolReference;
  /** the run that leaves */
  run: string;
}

/** Progress may be dropped and comes on a stream of its own. */
export interface JobProgressData {
  job: Digest;
  tool: ToolReference;
  attempt: number;
  done: number;
  total: number;
  unit: string;
  metrics?: Record<string, number>;
}
