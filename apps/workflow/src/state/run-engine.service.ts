import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import { HOST, PeriodicWork, type Host } from '@sedge/service-kit';
import { WorkflowConfig } from '../workflow.config.js';
import type { ActiveRun } from './active-run.js';
import { RunMemory } from './run-memory.service.js';
import { RunStepper } from './run-stepper.service.js';
import { StaleRunError } from './run-writer.service.js';
import { RunRepository } from './run.repository.js';

/** Pauses before a run whose step forward failed (the database, the store) is tried again. */
const RETRY_MS = [200, 1000, 5000, 30_000];
/** Pause at most before a run is tried again that a change waits for, as whoever asked for it does. */
const MOST_RETRY_MS = 1000;
/** How long whoever asks for a change waits until it is written down. */
const CHANGE_MS = 10_000;
/** A started job is written down at leisure: most trivial ones are done before. */
const LEISURE_MS = 60;

/**
 * Keeps runs going: whoever knows that something happened wakes the run, and one loop per run takes it as far as it can go. All that a
 * loop does follows from what is in the database, so that waking too often, too late or in two processes at once does no harm.
 */
@Injectable()
export class RunEngine implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('runs');
  private readonly loops = new Map<string, Promise<void>>();
  private readonly awake = new Set<string>();
  private readonly timers = new Set<NodeJS.Timeout>();
  /** how often in a row a run's step forward failed */
  private readonly failures = new Map<string, number>();
  private readonly watch = new PeriodicWork(
    () => this.look(),
    (reason) => this.logger.warn(`runs not looked at: ${reason}`),
  );
  private isOpen = false;

  constructor(
    private readonly runs: RunRepository,
    private readonly memory: RunMemory,
    private readonly stepper: RunStepper,
    private readonly config: WorkflowConfig,
    @Inject(HOST) private readonly host: Host,
  ) {}

  /** Runs that a process left under way go on. */
  async onApplicationBootstrap(): Promise<void> {
    this.isOpen = true;
    for (const id of await this.runs.activeIds()) {
      this.memory.markResumed(id);
      this.wake(id);
    }
    this.watch.start(this.config.watchMs);
  }

  async onApplicationShutdown(): Promise<void> {
    this.isOpen = false;
    await this.watch.stop();
    for (const timer of this.timers) clearTimeout(timer);
    await Promise.all(this.loops.values());
  }

  /** Something happened that may let a run go on. */
  wake(run: string): void {
    this.awake.add(run);
    if (!this.isOpen || this.loops.has(run)) return;
    const loop = this.loop(run).finally(() => {
      this.loops.delete(run);
      if (this.awake.has(run)) this.wake(run);
    });
    this.loops.set(run, loop);
  }

  /** The request for a job never arrived: the runs that wait for it ask once more for all that they wait for. */
  async renewRequestsFor(job: Digest): Promise<void> {
    for (const run of await this.runs.waitingFor(job)) {
      this.memory.forget(run);
      this.memory.markResumed(run);
      this.wake(run);
    }
  }

  /** A job has a result, or was started: wakes the runs that wait for it. */
  async wakeFor(job: Digest, isUrgent: boolean): Promise<void> {
    try {
      const runs = this.memory.waitingFor(job);
      for (const run of runs.length > 0 ? runs : await this.runs.waitingFor(job)) {
        if (isUrgent) this.wake(run);
        else this.later(LEISURE_MS, () => this.wake(run));
      }
    } catch (error) {
      // The look that comes each second finds what is missed here.
      this.logger.warn({ message: `runs that wait for ${job} not looked up: ${(error as Error).message}`, job });
    }
  }

  /** An artifact was stored: one of the runs that await any may have awaited it. */
  wakeAwaiting(): void {
    for (const active of this.memory.all()) if (active.progress.awaiting.size > 0) this.wake(active.id);
  }

  /** The tools changed: what was compiled against the old ones is compiled again. */
  toolsChanged(): void {
    for (const active of this.memory.all()) {
      this.memory.forget(active.id);
      this.wake(active.id);
    }
  }

  /**
   * Changes a run between two steps of its loop, alone.
   * @param work is done again on the run as it was read anew, where a step could not be written down
   * @returns whether the change is written down, or the run has ended; false where that takes long: it is done as soon as it can be
   */
  change(run: string, work: (active: ActiveRun, now: Date) => void): Promise<boolean> {
    return new Promise((resolve) => {
      const limit = setTimeout(() => resolve(false), CHANGE_MS).unref();
      this.memory.addChange(run, work, () => {
        clearTimeout(limit);
        resolve(true);
      });
      this.wake(run);
    });
  }

  private async loop(run: string): Promise<void> {
    try {
      while (this.isOpen && this.awake.delete(run)) {
        const active = await this.memory.load(run);
        const hasMore =
          active !== null && (await this.stepper.step(active, this.config.jobsAtOnce(this.host), new Date()));
        this.failures.delete(run);
        if (active === null) continue;
        this.memory.written(active);
        if (hasMore) this.awake.add(run);
        if (active.progress.state !== 'running') this.memory.forget(run);
      }
    } catch (error) {
      this.memory.forget(run);
      if (this.isOpen) this.tryLater(run, error);
    }
  }

  private tryLater(run: string, error: unknown): void {
    const failures = this.failures.get(run) ?? 0;
    this.failures.set(run, failures + 1);
    const mostMs = error instanceof StaleRunError ? 0 : this.memory.hasChanges(run) ? MOST_RETRY_MS : Infinity;
    const pauseMs = Math.min(mostMs, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]!);
    if (pauseMs > 0) this.logger.warn({ message: `run ${run} is tried again in ${pauseMs} ms: ${textOf(error)}`, run });
    this.awake.delete(run);
    this.later(pauseMs, () => this.wake(run));
  }

  private later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      work();
    }, ms).unref();
    this.timers.add(timer);
  }

  /** What no event announces: deadlines, awaited artifacts, and results that another copy of this service was told of. */
  private async look(): Promise<void> {
    for (const active of this.memory.all()) {
      if (active.progress.waiting.size > 0 || active.progress.awaiting.size > 0) this.wake(active.id);
    }
    for (const id of await this.runs.activeIds()) if (!this.memory.has(id) && !this.failures.has(id)) this.wake(id);
  }
}

/** With its place, where it is one that nobody foresaw. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof TypeError || error instanceof RangeError ? (error.stack ?? error.message) : error.message;
}
