import { Injectable } from '@nestjs/common';
import { Transactions, type EventContext, type Transaction } from '@sedge/service-kit';
import { isFinal, type ItemFailure, type ItemJob, type RunItem } from '../domain/run-item.js';
import type { ActiveRun } from './active-run.js';
import { JobRepository, type WantedJob } from './job.repository.js';
import { RunTracing } from './run-tracing.service.js';
import { RunFeed } from './run-feed.service.js';
import type { RunRow } from './run-row.js';
import { RunRepository } from './run.repository.js';

/** Somebody else wrote the run, or removed an artifact that it takes up, since it was read: what is in memory is old. */
export class StaleRunError extends Error {}

/** Writes what changed in a run, and in the same transaction the requests to stages that follow from it. */
@Injectable()
export class RunWriter {
  constructor(
    private readonly transactions: Transactions,
    private readonly runs: RunRepository,
    private readonly jobs: JobRepository,
    private readonly feed: RunFeed,
    private readonly tracing: RunTracing,
  ) {}

  /**
   * @param requests jobs to ask for, whose items are noted as waiting
   * @param within runs in the same transaction
   * @returns whether a result came in meanwhile, so that there is more to do
   * @throws StaleRunError
   */
  async write(
    active: ActiveRun,
    requests: readonly WantedJob[],
    now: Date,
    within: (transaction: Transaction) => Promise<void>,
  ): Promise<boolean> {
    const { progress, row } = active;
    const { state } = progress;
    if (progress.changed.size === 0 && active.leaving.length === 0 && state === row.state) return false;
    const items = [...progress.changed].map((number) => progress.items[number]!);
    const finishedAt = state === 'running' ? null : now;
    const written = await this.transactions.run(async (transaction) => {
      const revision = await this.runs.advance(transaction, row, { state, failure: active.failure, finishedAt });
      if (revision === null) throw new StaleRunError(`run ${row.id} was written by somebody else`);
      const hasResults = await this.request(transaction, active, requests);
      await this.runs.saveItems(transaction, row.id, items, revision);
      for (const job of active.leaving) this.leave(transaction, row, job);
      for (const command of active.commands) await this.runs.noteCommand(transaction, command);
      await within(transaction);
      return { revision, hasResults };
    });
    Object.assign(row, { revision: written.revision, state, finished_at: finishedAt });
    progress.changed.clear();
    active.leaving.length = 0;
    active.commands.length = 0;
    active.taken.clear();
    for (const { job } of requests) active.requestedAt.set(job.id, now);
    this.tracing.jobsEnded(row, items, active.requestedAt);
    if (finishedAt !== null) this.tracing.runEnded(row, state, finishedAt);
    this.feed.changed(row.id);
    return written.hasResults;
  }

  /** Fails a run whose workflow can't be compiled any more: what has not ended is skipped, and its jobs are left to whoever else waits for them. @throws StaleRunError */
  async giveUp(row: RunRow, items: readonly RunItem[], failure: ItemFailure, now: Date): Promise<void> {
    const open = items.filter(({ state }) => !isFinal(state));
    const left = new Map(open.flatMap(({ state, job }) => (isUnderWay(state) ? [[job!.id, job!] as const] : [])));
    const reason = { code: 'WORKFLOW_RUN_STOPPED', message: `the run was stopped: ${failure.message}` };
    const ended = open.map((item): RunItem => ({ ...item, state: 'skipped', failure: reason, finishedAt: now }));
    await this.transactions.run(async (transaction) => {
      const revision = await this.runs.advance(transaction, row, { state: 'failed', failure, finishedAt: now });
      if (revision === null) throw new StaleRunError(`run ${row.id} was written by somebody else`);
      await this.runs.saveItems(transaction, row.id, ended, revision);
      for (const job of left.values()) this.leave(transaction, row, job);
    });
    this.tracing.runEnded(row, 'failed', now);
    this.feed.changed(row.id);
  }

  private async request(transaction: Transaction, active: ActiveRun, requests: readonly WantedJob[]): Promise<boolean> {
    if (requests.length === 0) return false;
    const wanted = await this.jobs.request(transaction, requests);
    for (const { job, again, firstAskedAt } of requests) {
      const { state, askedAfter: afterAttempt } = wanted.get(job.id)!;
      if (state === 'succeeded') continue;
      const { id, parameters, inputs, machine } = job;
      const first = firstAskedAt === null ? {} : { firstAskedMs: firstAskedAt.getTime() };
      const asked = { run: active.id, again, afterAttempt, ...first };
      const data = { job: id, tool: toolOf(job), parameters, inputs, machine, ...asked };
      transaction.publish('sedge.job.requested.v1', id, data, this.contextOf(active.row, job));
    }
    return [...wanted.values()].some(({ state }) => state === 'succeeded');
  }

  private leave(transaction: Transaction, row: RunRow, job: ItemJob): void {
    const data = { job: job.id, tool: toolOf(job), run: row.id };
    transaction.publish('sedge.job.cancel-requested.v1', job.id, data, this.contextOf(row, job));
  }

  private contextOf(row: RunRow, job: ItemJob): EventContext {
    const traceparent = this.tracing.traceparentOf(row, job);
    return { correlationId: row.id, ...(traceparent !== undefined && { traceparent }) };
  }
}

const isUnderWay = (state: RunItem['state']): boolean => state === 'requested' || state === 'running';

function toolOf(job: ItemJob): { name: string; version: string; stage: string; digest: ItemJob['tool'] } {
  return { name: job.toolName, version: job.toolVersion, stage: job.stage, digest: job.tool };
}
