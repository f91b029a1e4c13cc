import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import type { StageTool } from '../tools/tool-catalog.service.js';
import type { Failure } from './failure.js';
import type { Fence, JobRow } from './job.js';
import { JobAttempts, type AttemptResult } from './job-attempts.service.js';
import { logFieldsOf } from './job-spans.js';
import { sweepWork } from './job-folders.js';
import { JobRepository } from './job.repository.js';
import { JobSurroundings } from './job-surroundings.service.js';
import { JobRun, type RunResult } from './job-run.js';

/** Why an attempt is stopped. */
type StopReason = 'cancel' | 'lease-lost' | 'shutdown';

interface UnderWay {
  controller: AbortController;
  ended: Promise<void>;
}

/** Heartbeats in the time of a lease: two may get lost. */
const BEATS_PER_LEASE = 3;
/** A result is worth waiting for a database that comes back; beyond the lease another worker has the job anyway. */
const COMMIT_PAUSES_MS = [100, 500, 2000, 5000, 10_000];
const KEEP_SCRATCH_OF_FAILED_DAYS = 7;

/** Works on attempts in this process: keeps their leases, stops them when told, commits what they came to. */
@Injectable()
export class JobWorkshop {
  private readonly logger = new Logger('jobs');
  private readonly underWay = new Map<Digest, UnderWay>();

  constructor(
    private readonly jobs: JobRepository,
    private readonly attempts: JobAttempts,
    private readonly around: JobSurroundings,
  ) {}

  /** Brings order after the death of an earlier process: its jobs are queued again, its working directories removed. */
  async recover(stage: string): Promise<void> {
    await this.preemptAbandoned();
    await sweepWork(this.around.host.dataDirectory, stage, await this.jobs.keepingScratch(KEEP_SCRATCH_OF_FAILED_DAYS));
  }

  /** Ends attempts whose worker is dead. */
  async preemptAbandoned(): Promise<number> {
    const jobs = await this.jobs.abandoned(this.around.host.worker, this.around.host.isAlone);
    const failure: Failure = { class: 'preempted', code: 'WORKER_LOST', message: 'the worker ended or fell silent' };
    for (const job of jobs) {
      const result = await this.attempts.fail(fenceOf(job), failure);
      this.logger.warn({ message: `the worker of job ${job.id} is gone; ${result}`, ...logFieldsOf(job) });
    }
    return jobs.length;
  }

  claimNext(tool: string): Promise<JobRow | null> {
    return this.attempts.claimNext(tool);
  }

  cancel(job: Digest): void {
    this.underWay.get(job)?.controller.abort('cancel' satisfies StopReason);
  }

  async stopAll(): Promise<void> {
    const all = [...this.underWay.values()];
    for (const { controller } of all) controller.abort('shutdown' satisfies StopReason);
    await Promise.all(all.map(({ ended }) => ended));
  }

  /**
   * Works on an attempt until its end is committed.
   * @param tool undefined where the stage doesn't have it now
   * @param onWorked called when its outputs are stored: what is left needs nothing of the machine that another job would
   */
  async execute(job: JobRow, tool: StageTool | undefined, onWorked: () => void): Promise<void> {
    if (!tool || tool.registered.digest !== job.tool_digest) {
      await this.commit(job, () => this.attempts.fail(fenceOf(job), missingTool(job, tool)));
      return;
    }
    const { stage } = tool.registered.definition;
    const run = new JobRun(job, tool, { ...this.around, stage });
    // An attempt that has just ended may still be removing the job's folder, which would take this one's with it.
    await this.underWay.get(job.id)?.ended;
    const controller = new AbortController();
    const ended = this.workAndCommit(run, job, controller, onWorked);
    const entry: UnderWay = { controller, ended: ended.catch(() => undefined) };
    this.underWay.set(job.id, entry);
    try {
      await ended;
    } finally {
      if (this.underWay.get(job.id) === entry) this.underWay.delete(job.id);
    }
  }

  private async workAndCommit(
    run: JobRun,
    job: JobRow,
    controller: AbortController,
    onWorked: () => void,
  ): Promise<void> {
    const fence = fenceOf(job);
    const heartbeat = setInterval(
      () => void this.beat(job, controller),
      (this.around.host.leaseS * 1000) / BEATS_PER_LEASE,
    );
    let result: RunResult;
    try {
      result = await run.work(controller.signal);
    } finally {
      clearInterval(heartbeat);
    }
    onWorked();
    let end: AttemptResult | null = null;
    try {
      end = await this.commit(job, () => this.commitEnd(fence, result, controller.signal.reason as StopReason));
    } finally {
      // Another attempt may be using the job's scratch directory by now.
      await run.cleanUp(end === 'succeeded');
    }
    if (end === 'fenced') {
      const message = `an attempt of job ${job.id} lost its lease; its result is dropped`;
      this.logger.warn({ message, ...logFieldsOf(job) });
    }
  }

  private commitEnd(fence: Fence, result: RunResult, reason: StopReason): Promise<AttemptResult> {
    if (result.status === 'done') return this.attempts.succeed(fence, result.outputs, result.durationMs);
    if (result.status === 'failed') return this.attempts.fail(fence, result.failure);
    if (reason === 'cancel') return this.attempts.cancel(fence);
    if (reason === 'lease-lost') return Promise.resolve('fenced');
    return this.attempts.handBack(fence);
  }

  private async beat(job: JobRow, controller: AbortController): Promise<void> {
    try {
      const lease = await this.jobs.heartbeat(fenceOf(job));
      if (!lease) controller.abort('lease-lost' satisfies StopReason);
      else if (lease.isCancelRequested) controller.abort('cancel' satisfies StopReason);
    } catch (error) {
      const message = `the lease of job ${job.id} is not extended yet: ${(error as Error).message}`;
      this.logger.warn({ message, ...logFieldsOf(job) });
    }
  }

  private async commit(job: JobRow, work: () => Promise<AttemptResult>): Promise<AttemptResult> {
    for (const pauseMs of COMMIT_PAUSES_MS) {
      try {
        return await work();
      } catch (error) {
        const message = `the end of an attempt of job ${job.id} is not committed yet: ${(error as Error).message}`;
        this.logger.warn({ message, ...logFieldsOf(job) });
        await sleep(pauseMs);
      }
    }
    return work();
  }
}

const fenceOf = ({ id, attempt, token }: JobRow): Fence => ({ job: id, attempt, token: token! });

/**
 * A tool that is only away for now (its server is down) may be back for the next attempt. Who waits for one that is another by now hears of
 * that from the stage, and asks anew.
 */
function missingTool(job: JobRow, tool: StageTool | undefined): Failure {
  const name = `${job.tool_name}@${job.tool_version}`;
  if (!tool)
    return { class: 'transient', code: 'TOOL_UNAVAILABLE', message: `the stage does not have the tool ${name} now` };
  return {
    class: 'transient',
    code: 'TOOL_CHANGED',
    message: `${name} changed since the job was asked for; run the workflow again to use the tool as it is now`,
  };
}
