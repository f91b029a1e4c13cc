import { Injectable, Logger } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import { PeriodicWork } from '../periodic-work.js';
import { JobAttempts } from './job-attempts.service.js';
import { fenceOf, isOutside, type JobRow } from './job.js';
import { logFieldsOf } from './job-spans.js';
import { JobRepository } from './job.repository.js';
import { JobSurroundings } from './job-surroundings.service.js';
import { beatMs } from './lease.js';

/** How often dead workers are looked for, or with each heartbeat where these come more often. */
const WATCH_MS = 5000;

/** Says whether this process works on an attempt. */
type Held = (job: Digest, attempt: number) => boolean;

/**
 * Ends attempts whose worker is dead, which a lease that ran out tells. Where nobody could extend leases for a while, because the database was
 * away or the machine slept, the living get the time to do so first.
 */
@Injectable()
export class LeaseWatch {
  private readonly logger = new Logger('jobs');
  private readonly watchMs: number;
  private looking: PeriodicWork | undefined;
  private lookedAt = 0;
  private graceFrom = 0;

  constructor(
    private readonly jobs: JobRepository,
    private readonly attempts: JobAttempts,
    private readonly around: JobSurroundings,
  ) {
    this.watchMs = Math.min(WATCH_MS, beatMs(around.host.leaseS));
  }

  /**
   * Looks now, and again and again.
   * @param isHeld attempts of this process live, whatever their leases say
   * @param onFreed called when jobs can be taken again
   */
  async start(isHeld: Held, onFreed: () => void): Promise<void> {
    await this.look(isHeld, onFreed);
    this.looking = new PeriodicWork(
      () => this.look(isHeld, onFreed),
      (reason) => this.logger.warn(`dead workers not looked for: ${reason}`),
    );
    this.looking.start(this.watchMs);
  }

  async stop(): Promise<void> {
    await this.looking?.stop();
  }

  private async look(isHeld: Held, onFreed: () => void): Promise<void> {
    const abandoned = await this.jobs.abandoned();
    // By the clock of the day, which goes on while the machine sleeps.
    const now = Date.now();
    if (now - this.lookedAt > 2 * this.watchMs) this.graceFrom = now;
    this.lookedAt = now;
    const dead = abandoned.filter((job) => !isHeld(job.id, job.attempt) && this.hadTime(job, now));
    for (const job of dead) {
      const result = await this.attempts.preempt(fenceOf(job));
      if (result === 'fenced') continue;
      this.logger.warn({ message: `the worker of job ${job.id} is gone; ${result}`, ...logFieldsOf(job) });
    }
    if (dead.length > 0) onFreed();
  }

  /** Whether its worker, if it lives, could have extended the lease since leases can be extended. */
  private hadTime(job: JobRow, now: number): boolean {
    const { worker, isAlone, leaseS } = this.around.host;
    if (isOutside(job)) return now - this.graceFrom >= leaseS * 1000;
    // Of a process before this one, which had all to itself as well.
    if (isAlone && job.worker !== worker) return true;
    return now - this.graceFrom >= 2 * beatMs(leaseS);
  }
}
