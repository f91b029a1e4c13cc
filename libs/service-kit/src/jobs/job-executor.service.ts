import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import { JobWorkshop } from './job-workshop.service.js';
import { JobRepository } from './job.repository.js';
import { CAPACITY, type Capacity } from './capacity.js';
import { JobLane } from './job-lane.js';
import { LeaseWatch } from './lease-watch.service.js';
import { logFieldsOf } from './job-spans.js';
import { ToolCatalog, type StageTool } from '../tools/tool-catalog.service.js';
import type { JobRow } from './job.js';

/** Takes due jobs of the stage, in their order, as far as the machine's capacity goes. */
@Injectable()
export class JobExecutor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('jobs');
  private isOpen = false;
  private lanes: JobLane[] = [];

  constructor(
    private readonly jobs: JobRepository,
    private readonly workshop: JobWorkshop,
    private readonly watch: LeaseWatch,
    private readonly catalog: ToolCatalog,
    @Inject(CAPACITY) private readonly capacity: Capacity,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const isHeld = (job: Digest, attempt: number): boolean => this.workshop.holds(job, attempt);
    await this.watch.start(isHeld, () => this.wake());
    await this.workshop.sweep(this.catalog.stageName());
    this.isOpen = true;
    // Where a job waits for cores, what needs none must not wait behind it.
    this.lanes = [true, false].map((isIdle) => this.lane(isIdle));
    this.wake();
  }

  /** Jobs under way are stopped and given back; the next process takes them up. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isOpen = false;
    await Promise.all([this.watch.stop(), this.workshop.stopAll(), ...this.lanes.map((lane) => lane.close())]);
    // One that a lane had claimed just before.
    await this.workshop.stopAll();
  }

  /** Looks for work now: a job was queued, or capacity became free. */
  wake(): void {
    for (const lane of this.lanes) lane.wake();
  }

  /** Stops the attempt of a job that nobody wants any more, if it runs here; elsewhere its next heartbeat is told. */
  async cancelIfUnwanted(id: Digest): Promise<void> {
    try {
      const job = await this.jobs.find(id);
      if (job?.state === 'running' && job.is_cancel_requested) this.workshop.cancel(id);
    } catch (error) {
      const message = `job ${id} is cancelled at its next heartbeat: ${(error as Error).message}`;
      this.logger.warn({ message, job: id });
    }
  }

  private lane(isIdle: boolean): JobLane {
    return new JobLane({
      takeNext: () => this.takeNext(isIdle),
      nextDueMs: () => this.nextDueMs(isIdle),
      onFailure: (error) => this.logger.warn(`no work taken: ${error.message}`),
    });
  }

  /** Most stages have no tools that need no core: then there is nothing to ask the database. */
  private async nextDueMs(isIdle: boolean): Promise<number | null> {
    return isIdle && this.catalog.idleNames().length === 0 ? null : this.jobs.nextDueMs();
  }

  /** @returns whether there may be more */
  private async takeNext(isIdle: boolean): Promise<boolean> {
    const idle = this.catalog.idleNames();
    const name = isIdle
      ? await this.jobs.nextToolOf(idle)
      : await this.jobs.nextToolExcept([...idle, ...this.catalog.externalNames()]);
    if (name === null) return false;
    const tool = this.catalog.find(name);
    const release = tool?.runner ? await this.capacity.acquire(tool.registered.definition) : () => undefined;
    const job = this.isOpen ? await this.claim(name, release) : null;
    if (!job) {
      release();
      return this.isOpen;
    }
    void this.execute(job, tool, release);
    return true;
  }

  private async claim(name: string, release: () => void): Promise<JobRow | null> {
    try {
      return await this.workshop.claimNext(name);
    } catch (error) {
      release();
      throw error;
    }
  }

  private async execute(job: JobRow, tool: StageTool | undefined, release: () => void): Promise<void> {
    try {
      await this.workshop.execute(job, tool, release);
    } catch (error) {
      // The lease runs out and the job is taken again: nothing is lost, but someone should know.
      const message = `job ${job.id}: ${(error as Error).stack ?? String(error)}`;
      this.logger.error({ message, ...logFieldsOf(job) });
    } finally {
      release();
      this.wake();
    }
  }
}
