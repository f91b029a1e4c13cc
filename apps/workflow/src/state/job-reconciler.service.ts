import type { Digest } from '@sedge/artifact-contracts';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { PeriodicWork, Transactions, type JobView } from '@sedge/service-kit';
import { WorkflowConfig } from '../workflow.config.js';
import { JobRepository, SILENT_AT_ONCE, type SilentJob } from './job.repository.js';
import { RunEngine } from './run-engine.service.js';
import { StageAwayError, StageClient } from './stage-client.service.js';

/**
 * Asks a stage about jobs of which nothing was heard for long. Events say it all as long as nothing gets lost for good: this mends what
 * a broker without its disk, or somebody who threw dead letters away, has lost.
 */
@Injectable()
export class JobReconciler implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('jobs');
  private readonly looking = new PeriodicWork(
    () => this.look(),
    (reason) => this.logger.warn(`silent jobs not looked for: ${reason}`),
  );
  /** the job that was looked at last, where there are more; else null */
  private last: Digest | null = null;

  constructor(
    private readonly jobs: JobRepository,
    private readonly transactions: Transactions,
    private readonly stages: StageClient,
    private readonly engine: RunEngine,
    private readonly config: WorkflowConfig,
  ) {}

  onApplicationBootstrap(): void {
    this.looking.start(this.config.reconcileMs);
  }

  onApplicationShutdown(): Promise<void> {
    return this.looking.stop();
  }

  /** Goes through all silent jobs in turns. Those of a stage that does not answer keep none of another from being asked about. */
  private async look(): Promise<void> {
    const away = new Set<string>();
    let asked = 0;
    do {
      const jobs = await this.jobs.silentSince(this.config.reconcileMs, this.last);
      this.last = jobs.length < SILENT_AT_ONCE ? null : jobs.at(-1)!.id;
      for (const job of jobs) {
        if (away.has(job.stage)) continue;
        asked++;
        if (!(await this.reconcile(job))) away.add(job.stage);
      }
    } while (this.last !== null && asked < SILENT_AT_ONCE);
  }

  /** @returns false where the stage does not answer */
  private async reconcile(job: SilentJob): Promise<boolean> {
    try {
      const view = await this.stages.job(job.stage, job.id);
      if (view === null || isFromBefore(view, job)) await this.engine.renewRequestsFor(job.id);
      else if (view.state === 'succeeded' || view.state === 'failed' || view.state === 'cancelled') {
        await this.takeOver(view);
        const message = `job ${job.id}: the stage says that it is ${view.state}, of which no event came`;
        this.logger.warn({ message, job: job.id });
      }
      return true;
    } catch (error) {
      this.logger.debug({ message: `job ${job.id}: ${(error as Error).message}`, job: job.id });
      return !(error instanceof StageAwayError);
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
