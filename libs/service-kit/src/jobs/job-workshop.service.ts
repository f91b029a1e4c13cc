import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import { isBackEndAway } from '@sedge/ports';
import { isDiskFull } from '../errors/disk-full.js';
import type { StageTool } from '../tools/tool-catalog.service.js';
import type { Failure } from './failure.js';
import { fenceOf, type Fence, type JobRow } from './job.js';
import { JobAttempts, type AttemptResult } from './job-attempts.service.js';
import { logFieldsOf } from './job-spans.js';
import { sweepWork } from './job-folders.js';
import { JobRepository } from './job.repository.js';
import { JobSurroundings } from './job-surroundings.service.js';
import { JobRun, type RunResult } from './job-run.js';
import { beatMs } from './lease.js';

/** Why an attempt is stopped. */
type StopReason = 'cancel' | 'lease-lost' | 'shutdown';

interface UnderWay {
  attempt: number;
  controller: AbortController;
  ended: Promise<void>;
}

/** Pauses between the tries to commit an end; the last one again and again while the database is away or full. */
const COMMIT_PAUSES_MS = [100, 500, 2000, 5000];
const KEEP_SCRATCH_OF_FAILED_DAYS = 7;

/** Works on attempts in this process: keeps their leases, stops them when told, commits what they came to. */
@Injectable()
export class JobWorkshop {
  private readonly logger = new Logger('jobs');
  private readonly underWay = new Map<Digest, UnderWay>();
  private isClosing = false;

  constructor(
    private readonly jobs: JobRepository,
    private readonly attempts: JobAttempts,
    private readonly around: JobSurroundings,
  ) {}

  /** Removes the working directories that an earlier process left. */
  async sweep(stage: string): Promise<void> {
    await sweepWork(this.around.host.dataDirectory, stage, await this.jobs.keepingScratch(KEEP_SCRATCH_OF_FAILED_DAYS));
  }

  claimNext(tool: string): Promise<JobRow | null> {
    return this.attempts.claimNext(tool);
  }

  cancel(job: Digest): void {
    this.underWay.get(job)?.controller.abort('cancel' satisfies StopReason);
  }

  /** Whether an attempt is worked on, or its end is yet to be committed, by this process. */
  holds(job: Digest, attempt: number): boolean {
    return this.underWay.get(job)?.attempt === attempt;
  }

  async stopAll(): Promise<void> {
    this.isClosing = true;
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
    const controller = new AbortController();
    // An attempt that has just ended may still be removing the job's folder, which would take this one's with it.
    const before = this.underWay.get(job.id)?.ended;
    const ended = this.whileHeld(job, controller, async () => {
      await before;
      await this.workAndCommit(job, tool, controller, onWorked);
    });
    const entry: UnderWay = { attempt: job.attempt, controller, ended: ended.catch(() => undefined) };
    this.underWay.set(job.id, entry);
    try {
      await ended;
    } finally {
      if (this.underWay.get(job.id) === entry) this.underWay.delete(job.id);
    }
  }

  /** Extends the lease of an attempt until its work ends. */
  private async whileHeld(job: JobRow, controller: AbortController, work: () => Promise<void>): Promise<void> {
    const heartbeat = setInterval(() => void this.beat(job, controller), beatMs(this.around.host.leaseS));
    try {
      await work();
    } finally {
      clearInterval(heartbeat);
    }
  }

  private async workAndCommit(
    job: JobRow,
    tool: StageTool | undefined,
    controller: AbortController,
    onWorked: () => void,
  ): Promise<void> {
    const fence = fenceOf(job);
    if (!tool || tool.registered.digest !== job.tool_digest) {
      await this.commit(job, () => this.attempts.fail(fence, missingTool(job, tool)));
      return;
    }
    const run = new JobRun(job, tool, { ...this.around, stage: tool.registered.definition.stage });
    const result = await run.work(controller.signal);
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

  /**
   * Commits the end of an attempt. While the database is away nobody else can take the job, so a result waits for it however long that is;
   * where another worker has the job at last, the fence keeps the end out.
   */
  private async commit(job: JobRow, work: () => Promise<AttemptResult>): Promise<AttemptResult> {
    for (let tries = 0; ; tries++) {
      try {
        return await work();
      } catch (error) {
        const isPassing = (isBackEndAway(error) || isDiskFull(error)) && !this.isClosing;
        if (!isPassing && tries >= COMMIT_PAUSES_MS.length) throw error;
        const message = `the end of an attempt of job ${job.id} is not committed yet: ${(error as Error).message}`;
        this.logger.warn({ message, ...logFieldsOf(job) });
        await sleep(COMMIT_PAUSES_MS[Math.min(tries, COMMIT_PAUSES_MS.length - 1)]);
      }
    }
  }
}

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
