import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { JobState } from '../jobs/job.js';
import { STAGE, type StageOptions } from '../stage/stage-options.js';
import { Transactions } from '../state/transactions.service.js';
import { PROCESS_METRICS, type ProcessMetrics, type SetGauge } from './process-metrics.js';

interface CountRow {
  tool: string;
  state: JobState;
  count: number;
}

interface DueRow {
  tool: string;
  count: number;
  oldest_s: number;
}

/** Gives the figures of a stage's queue. */
@Injectable()
export class JobMetrics implements OnModuleInit {
  constructor(
    private readonly transactions: Transactions,
    @Inject(STAGE) private readonly stage: StageOptions,
    @Inject(PROCESS_METRICS) private readonly metrics: ProcessMetrics,
  ) {}

  onModuleInit(): void {
    this.metrics.add(`jobs of ${this.stage.stage}`, (set) => this.collect(set));
  }

  private async collect(set: SetGauge): Promise<void> {
    const { stage } = this.stage;
    const counts = await this.transactions.query<CountRow>(
      'SELECT tool_name AS tool, state, count(*)::int AS count FROM job GROUP BY tool_name, state',
    );
    for (const { tool, state, count } of counts) set('sedge_jobs', { stage, tool, state }, count);
    const due = await this.transactions.query<DueRow>(
      `SELECT tool_name AS tool, count(*)::int AS count, extract(epoch FROM now() - min(due_at))::float8 AS oldest_s
       FROM job WHERE state = 'queued' AND due_at <= now() GROUP BY tool_name`,
    );
    for (const { tool, count, oldest_s: oldest } of due) {
      set('sedge_jobs_due', { stage, tool }, count);
      set('sedge_jobs_due_oldest_seconds', { stage, tool }, oldest);
    }
  }
}
