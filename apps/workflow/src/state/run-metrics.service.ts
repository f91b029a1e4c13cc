import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { PROCESS_METRICS, Transactions, type ProcessMetrics, type SetGauge } from '@sedge/service-kit';
import type { Decision } from '../domain/run-item.js';
import type { RunState } from '../domain/run-progress.js';

/** Gives the figures of runs, and of what they found in the cache. */
@Injectable()
export class RunMetrics implements OnModuleInit {
  constructor(
    private readonly transactions: Transactions,
    @Inject(PROCESS_METRICS) private readonly metrics: ProcessMetrics,
  ) {}

  onModuleInit(): void {
    this.metrics.add('runs', (set) => this.collect(set));
  }

  private async collect(set: SetGauge): Promise<void> {
    const runs = await this.transactions.query<{ state: RunState; count: number }>(
      `SELECT state, count(*)::int AS count FROM run WHERE mode = 'run' GROUP BY state`,
    );
    for (const { state, count } of runs) set('sedge_runs', { state }, count);
    const items = await this.transactions.query<{ decision: Decision; count: number }>(
      'SELECT decision, count(*)::int AS count FROM item WHERE decision IS NOT NULL GROUP BY decision',
    );
    for (const { decision, count } of items) set('sedge_run_items', { decision }, count);
  }
}
