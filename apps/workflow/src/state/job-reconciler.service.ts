import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Transactions, type JobView } from '@sedge/service-kit';
import { WorkflowConfig } from '../workflow.config.js';
import { JobRepository, type SilentJob } from './job.repository.js';
import { RunEngine } from './run-engine.service.js';
import { StageClient } from './stage-client.service.js';

/**
 * Asks a stage about jobs of which nothing was heard for long. Events say it all as long as nothing gets lost for good: this mends what
 * a broker without its disk, or somebody who threw dead letters away, has lost.
 */
@Injectable()
export class JobReconciler implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('jobs');
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly jobs: JobRepository,
    private readonly transactions: Transactions,
    private readonly stages: StageClient,
    private readonly engine: RunEngine,
    private readonly config: WorkflowConfig,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.looking = this.looking.then(() => this.look());
    }, this.config.reconcileMs).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  private async look(): Promise<void> {
    try {
      for (const job of await this.jobs.silentSince(this.config.reconcileMs)) await this.reconcile(job);
    } catch (error) {
      this.logger.warn(`silent jobs not looked for: ${(error as Error).message}`);
    }
  }

  private async reconcile(job: SilentJob): Promise<void> {
    try {
      const view = await this.stages.job(job.stage, job.id);
      if (view === null || isFromBefore(view, job)) await this.engine.renewRequestsFor(job.id);
      else if (view.state === 'succeeded' || view.state === 'failed' || view.state === 'cancelled') {
        await this.takeOver(view);
        const message = `job ${job.id}: the stage says that it is ${view.state}, of which no event came`;
        this.logger.warn({ message, job: job.id });
      }
    } catch (error) {
      this.logger.debug({ message: `job ${job.id}: ${(error as Error).message}`, job: job.id });
    }
  }

  private async takeOver({ id, stage, state, tool, attempt, outputs, durationMs, failure }: JobView): Promise<void> {
    const data = { job: id, attempt, tool: { ...tool, stage } };
    await this.transactions.run(async (transaction) => {
      if (state === 'succeeded') {
        await this.jobs.succeed(transaction, { ...data, outputs: outputs!, durationMs: durationMs! });
      } else if (state === 'failed') await this.jobs.fail(transaction, { ...data, ...failure! }, true);
      else await this.jobs.cancel(transaction, data, true);
    });
    await this.engine.wakeFor(id, true);
  }
}

/** What the stage tells may be the end of an earlier request, when this one got lost. */
function isFromBefore({ state, finishedAt }: JobView, job: SilentJob): boolean {
  if (state === 'queued' || state === 'running') return false;
  return job.again || (state !== 'succeeded' && finishedAt !== null && new Date(finishedAt) < job.requested_at);
}
