import { Inject, Injectable } from '@nestjs/common';
import type { CloudEvent, JobCancelRequestedData, JobRequestedData } from '@sedge/event-contracts';
import type { EventContext, Transaction } from '../state/transactions.service.js';
import { STAGE, type StageOptions } from '../stage/stage-options.js';
import type { JobRow } from './job.js';
import { JobRepository } from './job.repository.js';
import { parseTraceparent } from '../tracing/trace-context.js';
import { attemptOf, publishAbout } from './job-events.js';

/** What runs ask of a stage: to have a job done for them, and to be left out of it. */
@Injectable()
export class JobRequests {
  constructor(
    private readonly jobs: JobRepository,
    @Inject(STAGE) private readonly stage: StageOptions,
  ) {}

  /** Queues the job, or joins the run to it; a job that has its result answers at once. */
  async requested(transaction: Transaction, event: CloudEvent<JobRequestedData>): Promise<void> {
    const { data } = event;
    if (data.tool.stage !== this.stage.stage) return;
    // What the stage says itself is for workers outside.
    if (event.source === `/services/${this.stage.stage}`) return;
    const context = {
      askedAt: new Date(event.time),
      correlationId: event.correlationid,
      // What is none would be passed on to others.
      traceparent: parseTraceparent(event.traceparent) === null ? undefined : event.traceparent,
    };
    if (await this.jobs.insert(transaction, data, context)) return;
    const job = await this.jobs.lock(transaction, data.job);
    if (!job || !(await this.jobs.hasSubscribers(transaction, data.job))) return;
    if (job.state === 'queued' || job.state === 'running') return;
    if (!isAnswered(job, event)) return this.jobs.requeue(transaction, data.job, context);
    this.answer(transaction, job, {
      causationId: event.id,
      ...(context.traceparent !== undefined && { traceparent: context.traceparent }),
    });
  }

  /** Says how the job ended, once more. */
  private answer(transaction: Transaction, job: JobRow, context: EventContext): void {
    const attempt = attemptOf(job, this.stage.stage);
    if (job.state === 'succeeded') {
      const result = { ...attempt, outputs: job.outputs!, durationMs: job.duration_ms! };
      publishAbout(transaction, job, 'sedge.job.succeeded.v1', result, context);
    } else if (job.state === 'failed') {
      publishAbout(transaction, job, 'sedge.job.failed.v1', { ...attempt, ...job.failure! }, context);
    } else publishAbout(transaction, job, 'sedge.job.cancelled.v1', attempt, context);
  }

  /** Takes the run off the job, and cancels the job when nobody waits for it any more. */
  async cancelRequested(transaction: Transaction, event: CloudEvent<JobCancelRequestedData>): Promise<void> {
    const { data } = event;
    if (data.tool.stage !== this.stage.stage) return;
    await this.jobs.unsubscribe(transaction, data.job, data.run, new Date(event.time));
    const job = await this.jobs.lock(transaction, data.job);
    if (!job || (await this.jobs.hasSubscribers(transaction, data.job))) return;
    if (job.state === 'running') await this.jobs.setCancelRequested(transaction, job.id, true);
    if (job.state !== 'queued') return;
    await this.jobs.markCancelled(transaction, job.id);
    publishAbout(transaction, job, 'sedge.job.cancelled.v1', attemptOf(job, this.stage.stage), {
      causationId: event.id,
    });
  }
}

/**
 * Whether the end of a job is what the run asks for: a result that may be used, or any end of which it didn't know when it first asked. The
 * number of the attempt tells that whatever the clocks say, and the time tells ends from before it asked of which it never heard.
 */
function isAnswered(job: JobRow, { data, time }: CloudEvent<JobRequestedData>): boolean {
  const { again, afterAttempt, firstAskedMs = Date.parse(time) } = data;
  if (job.state === 'succeeded' && !again) return true;
  if (afterAttempt === undefined || job.finished_at === null) return false;
  return job.attempt > afterAttempt && job.finished_at.getTime() >= firstAskedMs;
}
