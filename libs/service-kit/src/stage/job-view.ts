import type { Digest } from '@sedge/artifact-contracts';
import type { AttemptRow, JobRow } from '../jobs/job.js';
import type { AttemptOutcome } from '../jobs/job-attempts.service.js';
import type { JobWait } from '../jobs/job-wait.js';
import { attemptSpanOf } from '../jobs/job-spans.js';
import { formatTraceparent } from '../tracing/trace-context.js';

/** A job as the API shows it. */
export interface JobView {
  id: Digest;
  stage: string;
  state: JobRow['state'];
  tool: { name: string; version: string; digest: Digest };
  parameters: Record<string, unknown>;
  inputs: Record<string, Digest | Digest[]>;
  machine: Record<string, string>;
  attempt: number;
  attempts: AttemptView[];
  outputs: Record<string, Digest> | null;
  durationMs: number | null;
  failure: JobRow['failure'];
  requestedAt: Date;
  dueAt: Date;
  finishedAt: Date | null;
  /** of a queued job that may begin */
  waitsFor: JobWait | null;
}

export interface AttemptView {
  number: number;
  worker: string;
  startedAt: Date;
  finishedAt: Date | null;
  outcome: AttemptRow['outcome'];
  failure: { class: string; code: string; message: string } | null;
}

/** What a worker that claimed a job needs to do it. The token is shown to nobody else. */
export interface ClaimView {
  job: Digest;
  attempt: number;
  token: string;
  leaseUntil: Date;
  tool: { name: string; version: string; digest: Digest };
  parameters: Record<string, unknown>;
  inputs: Record<string, Digest | Digest[]>;
  /** W3C trace context of the attempt, to go on with in the worker; absent where the job is not traced */
  traceparent?: string;
}

/** How long a worker holds an attempt, after a heartbeat. */
export interface LeaseView {
  leaseUntil: Date;
  /** whether nobody wants the job any more: the worker ends its work and gives up */
  isCancelRequested: boolean;
}

/** What became of a job by the end of an attempt; `retried`: it is queued again. */
export interface EndView {
  state: AttemptOutcome;
}

export function jobView(stage: string, job: JobRow, attempts: AttemptRow[], waitsFor: JobWait | null): JobView {
  return {
    id: job.id,
    stage,
    state: job.state,
    tool: toolOf(job),
    parameters: job.parameters,
    inputs: job.inputs,
    machine: job.machine,
    attempt: job.attempt,
    attempts: attempts.map(attemptView),
    outputs: job.outputs,
    durationMs: job.duration_ms,
    failure: job.failure,
    requestedAt: job.requested_at,
    dueAt: job.due_at,
    finishedAt: job.finished_at,
    waitsFor,
  };
}

export function claimView(job: JobRow): ClaimView {
  const span = attemptSpanOf(job);
  return {
    job: job.id,
    attempt: job.attempt,
    token: job.token!,
    leaseUntil: job.lease_until!,
    tool: toolOf(job),
    parameters: job.parameters,
    inputs: job.inputs,
    ...(span !== null && { traceparent: formatTraceparent(span) }),
  };
}

function attemptView(row: AttemptRow): AttemptView {
  const { number, worker, started_at: startedAt, finished_at: finishedAt, outcome } = row;
  const failure = row.code === null ? null : { class: row.class!, code: row.code, message: row.message! };
  return { number, worker, startedAt, finishedAt, outcome, failure };
}

function toolOf(job: JobRow): JobView['tool'] {
  return { name: job.tool_name, version: job.tool_version, digest: job.tool_digest };
}
