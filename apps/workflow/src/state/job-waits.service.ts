import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { PeriodicWork, type JobView } from '@sedge/service-kit';
import { notArrived, stageSilent, stageWait, type WaitView } from '../domain/item-wait.js';
import { JobRepository, type UnderWayJob } from './job.repository.js';
import { RunFeed } from './run-feed.service.js';
import { RunMemory } from './run-memory.service.js';
import { StageClient } from './stage-client.service.js';
import { ToolRegistry } from './tool-registry.service.js';

/** How often is looked for what jobs wait for; one that was asked for since the last look is about to begin. */
const LOOK_MS = 2000;

/**
 * Finds out what jobs wait for that do not go on, by asking their stages: whether they answer at all, whether there is a worker for the tool,
 * whether other jobs have what they need. It changes nothing. Every copy of this service does so for those who listen to it.
 */
@Injectable()
export class JobWaits implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('jobs');
  private readonly looking = new PeriodicWork(
    () => this.look(),
    (reason) => this.logger.warn(`what jobs wait for is not looked for: ${reason}`),
  );
  /** stages that are being asked: one that is silent keeps the others waiting for nothing */
  private readonly asking = new Map<string, Promise<void>>();
  /** when a stage answered last, while this process was there */
  private readonly answeredAt = new Map<string, Date>();

  constructor(
    private readonly jobs: JobRepository,
    private readonly stages: StageClient,
    private readonly tools: ToolRegistry,
    private readonly feed: RunFeed,
    private readonly memory: RunMemory,
  ) {}

  onApplicationBootstrap(): void {
    this.looking.start(LOOK_MS);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.looking.stop();
    await Promise.all(this.asking.values());
  }

  private async look(): Promise<void> {
    const jobs = this.isAnyWanted() ? await this.jobs.underWaySince(LOOK_MS) : [];
    const known = new Set(jobs.map(({ id }) => id));
    for (const job of this.feed.waitingJobs()) if (!known.has(job)) this.feed.noteWait(job, null);
    for (const [stage, ofStage] of groupsOf(jobs, (job) => job.stage)) this.askAbout(stage, ofStage);
  }

  private isAnyWanted(): boolean {
    return this.memory.all().some(({ progress }) => progress.waiting.size > 0);
  }

  private askAbout(stage: string, jobs: UnderWayJob[]): void {
    if (this.asking.has(stage)) return;
    const asked = this.noteWaits(stage, jobs)
      .catch((error: Error) => this.logger.warn(`what jobs of ${stage} wait for is not known: ${error.message}`))
      .finally(() => this.asking.delete(stage));
    this.asking.set(stage, asked);
  }

  private async noteWaits(stage: string, jobs: UnderWayJob[]): Promise<void> {
    const url = await this.tools.stageUrl(stage);
    // A job that runs in this process has nothing to wait for.
    const wanted = url === null ? jobs.filter(({ state }) => state === 'requested') : jobs;
    if (url === null) for (const { id, state } of jobs) if (state === 'running') this.feed.noteWait(id, null);
    // All that wait for one tool wait for the same.
    for (const alike of groupsOf(wanted, ({ state, tool }) => `${state} ${tool}`).values()) {
      const [job] = alike as [UnderWayJob];
      const view = await this.stages.job(stage, job.id).catch((error: Error) => error);
      if (view instanceof Error) {
        const wait = stageSilent({ name: stage, url }, view.message, await this.seenAt(stage));
        for (const { id } of wanted) this.feed.noteWait(id, wait);
        return;
      }
      this.answeredAt.set(stage, new Date());
      const wait = job.state === 'running' ? null : waitIn(view, job);
      for (const { id } of alike) this.feed.noteWait(id, wait);
    }
  }

  private async seenAt(stage: string): Promise<Date | null> {
    return this.answeredAt.get(stage) ?? (await this.jobs.stageSeenAt(stage));
  }
}

function groupsOf<Value>(values: readonly Value[], keyOf: (value: Value) => string): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group) group.push(value);
    else groups.set(keyOf(value), [value]);
  }
  return groups;
}

/** @param view null where the stage has never heard of the job */
function waitIn(view: JobView | null, { stage, tool }: UnderWayJob): WaitView | null {
  if (view === null) return notArrived(stage);
  // It has begun, or ended, which an event will say; or its next attempt has a time of its own.
  if (view.state !== 'queued' || view.waitsFor === null) return null;
  return stageWait(stage, tool, view.waitsFor);
}
