import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import { PROCESS_METRICS, type ProcessMetrics } from '../metrics/process-metrics.js';
import { STAGE, type StageOptions } from '../stage/stage-options.js';
import { Transactions, type Transaction } from '../state/transactions.service.js';
import { DISK_FULL, retryDelayMs, sayable, type Failure } from './failure.js';
import type { Fence, JobRow } from './job.js';
import { attemptOf, contextOf, publishAbout } from './job-events.js';
import { attemptSpan } from './job-spans.js';
import { TRACING, type Tracing } from '../tracing/tracing.js';
import { JobRepository, type AttemptEnd, type EndedJob, type JobChange } from './job.repository.js';
import type { StoredOutput } from './outputs.js';

/** What became of a job when an attempt ended; `fenced` says that the attempt was no longer the current one and changed nothing. */
export type AttemptResult = AttemptOutcome | 'fenced';

export type AttemptOutcome = 'succeeded' | 'failed' | 'retried' | 'cancelled';

/** Ends the attempt in its row, and moves its job on. @returns null where it is no longer the current one */
type EndAttempt = (end: AttemptEnd, change: JobChange) => Promise<JobRow | null>;

type Ending = (transaction: Transaction, job: JobRow, endAttempt: EndAttempt) => Promise<AttemptResult>;

/** The life of an attempt: begun by a claim, ended once, and only by who holds the current token. */
@Injectable()
export class JobAttempts {
  constructor(
    private readonly transactions: Transactions,
    private readonly jobs: JobRepository,
    @Inject(STAGE) private readonly stage: StageOptions,
    @Inject(PROCESS_METRICS) private readonly metrics: ProcessMetrics,
    @Inject(TRACING) private readonly tracing: Tracing,
  ) {}

  /** Takes the next due job of a tool for this process. */
  claimNext(tool: string): Promise<JobRow | null> {
    return this.begin((transaction, token) => this.jobs.claimNext(transaction, tool, token));
  }

  /** Takes this job for a worker outside. */
  claim(job: Digest, worker: string): Promise<JobRow | null> {
    return this.begin((transaction, token) => this.jobs.claim(transaction, job, worker, token));
  }

  /** Commits a result: the outputs' ids, the events about them and the job's end are one transaction. */
  async succeed(fence: Fence, outputs: StoredOutput[], durationMs: number): Promise<AttemptResult> {
    return this.ending(fence, async (transaction, endAttempt) => {
      const ids = Object.fromEntries(outputs.map(({ name, artifact }) => [name, artifact]));
      const job = await endAttempt({ outcome: 'succeeded' }, { state: 'succeeded', outputs: ids, durationMs });
      if (!job) return 'fenced';
      const attempt = attemptOf(job, this.stage.stage);
      for (const output of outputs) this.publishStored(transaction, job, output);
      publishAbout(transaction, job, 'sedge.job.succeeded.v1', { ...attempt, outputs: ids, durationMs });
      return 'succeeded';
    });
  }

  /** Ends an attempt that failed: the job is queued again while the budget of the failure's class lasts. @param said in any words */
  fail(fence: Fence, said: Failure): Promise<AttemptResult> {
    return this.end(fence, (...ending) => this.failWithin(...ending, sayable(said)));
  }

  /** Ends an attempt whose worker is dead, unless it turns out to live. */
  preempt(fence: Fence): Promise<AttemptResult> {
    const failure: Failure = { class: 'preempted', code: 'WORKER_LOST', message: 'the worker ended or fell silent' };
    return this.ending(fence, async (transaction, endAttempt) => {
      const job = await this.jobs.lockAbandoned(transaction, fence);
      return job ? this.failWithin(transaction, job, endAttempt, failure) : 'fenced';
    });
  }

  private async failWithin(
    transaction: Transaction,
    job: JobRow,
    endAttempt: EndAttempt,
    failure: Failure,
  ): Promise<AttemptResult> {
    const { class: failureClass, code, message } = failure;
    const transientFailures = job.transient_failures + (failureClass === 'transient' ? 1 : 0);
    const preemptedFailures = job.preempted_failures + (failureClass === 'preempted' ? 1 : 0);
    const earlier = failureClass === 'transient' ? job.transient_failures : job.preempted_failures;
    const earlierFull = DISK_FULL.includes(code) ? await this.jobs.countFailures(transaction, job, DISK_FULL) : 0;
    const delayMs = retryDelayMs(failure, earlier, earlierFull);
    const end = {
      outcome: failureClass === 'preempted' ? 'preempted' : 'failed',
      class: failureClass,
      code,
      message,
    } as const;
    const counts = { transientFailures, preemptedFailures, failure };
    if (job.is_cancel_requested) return this.cancelWithin(transaction, job, endAttempt);
    if (delayMs !== null) {
      await endAttempt(end, { state: 'queued', delayMs, ...counts });
      return 'retried';
    }
    await endAttempt(end, { state: 'failed', ...counts });
    const attempt = attemptOf(job, this.stage.stage);
    publishAbout(transaction, job, 'sedge.job.failed.v1', { ...attempt, class: failureClass, code, message });
    return 'failed';
  }

  /** Ends an attempt that was told to stop, because nobody waits for the job. */
  cancel(fence: Fence): Promise<AttemptResult> {
    return this.end(fence, (...ending) => this.cancelWithin(...ending));
  }

  /** Gives a job back unfinished, because this process ends. That costs nothing of its budgets. */
  handBack(fence: Fence): Promise<AttemptResult> {
    return this.end(fence, async (transaction, job, endAttempt) => {
      if (job.is_cancel_requested) return this.cancelWithin(transaction, job, endAttempt);
      await endAttempt({ outcome: 'handed-back' }, { state: 'queued' });
      return 'retried';
    });
  }

  /** Whoever asked for the job again while it was being stopped gets it: then it is queued once more. */
  private async cancelWithin(transaction: Transaction, job: JobRow, endAttempt: EndAttempt): Promise<AttemptResult> {
    if (await this.jobs.hasSubscribers(transaction, job.id)) {
      await endAttempt({ outcome: 'cancelled' }, { state: 'queued' });
      return 'retried';
    }
    await endAttempt({ outcome: 'cancelled' }, { state: 'cancelled' });
    publishAbout(transaction, job, 'sedge.job.cancelled.v1', attemptOf(job, this.stage.stage));
    return 'cancelled';
  }

  private begin(claim: (transaction: Transaction, token: string) => Promise<JobRow | null>): Promise<JobRow | null> {
    return this.transactions.run(async (transaction) => {
      const job = await claim(transaction, randomUUID());
      if (!job) return null;
      const started = { ...attemptOf(job, this.stage.stage), worker: job.worker! };
      publishAbout(transaction, job, 'sedge.job.started.v1', started);
      return job;
    });
  }

  /** Ends an attempt in a way that depends on its job. */
  private end(fence: Fence, work: Ending): Promise<AttemptResult> {
    return this.ending(fence, async (transaction, endAttempt) => {
      const job = await this.jobs.lockFenced(transaction, fence);
      return job ? work(transaction, job, endAttempt) : 'fenced';
    });
  }

  /** Runs a transaction that ends an attempt. The figures and the trace hear of it when it is committed. */
  private async ending(
    fence: Fence,
    work: (transaction: Transaction, endAttempt: EndAttempt) => Promise<AttemptResult>,
  ): Promise<AttemptResult> {
    let tell = (): void => undefined;
    const result = await this.transactions.run((transaction) =>
      work(transaction, async (end, change) => {
        const job = await this.jobs.endAttempt(transaction, fence, end, change);
        if (job) tell = () => this.tell(job, end);
        return job;
      }),
    );
    tell();
    return result;
  }

  private tell(job: EndedJob, end: AttemptEnd): void {
    const { stage } = this.stage;
    const seconds = job.attempt_seconds;
    const labels = { stage, tool: job.tool_name, outcome: end.outcome };
    this.metrics.observe('sedge_job_attempt_duration_seconds', labels, seconds);
    const span = attemptSpan(job, stage, { end, seconds });
    if (span !== null) this.tracing.record(span);
  }

  private publishStored(transaction: Transaction, job: JobRow, output: StoredOutput): void {
    const { name, artifact, kind, kindVersion, sizeBytes } = output;
    transaction.publish(
      'sedge.artifact.stored.v1',
      artifact,
      {
        artifact,
        kind,
        kindVersion,
        sizeBytes,
        derivedFrom: [...new Set(Object.values(job.inputs).flat())],
        producedBy: {
          job: job.id,
          output: name,
          tool: job.tool_digest,
          toolName: job.tool_name,
          toolVersion: job.tool_version,
        },
      },
      contextOf(job),
    );
  }
}
