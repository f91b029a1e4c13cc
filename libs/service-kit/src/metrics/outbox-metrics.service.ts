import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { SERVICE_NAME } from '../service-name.js';
import { Transactions } from '../state/transactions.service.js';
import { PROCESS_METRICS, type ProcessMetrics } from './process-metrics.js';

/** Gives the figures of a service's outbox. */
@Injectable()
export class OutboxMetrics implements OnModuleInit {
  constructor(
    private readonly transactions: Transactions,
    @Inject(SERVICE_NAME) private readonly service: string,
    @Inject(PROCESS_METRICS) private readonly metrics: ProcessMetrics,
  ) {}

  onModuleInit(): void {
    const { service } = this;
    this.metrics.add(`the outbox of ${service}`, async (set) => {
      const [row] = await this.transactions.query<{ count: number; oldest_s: number }>(
        `SELECT count(*)::int AS count, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 AS oldest_s FROM outbox`,
      );
      set('sedge_outbox_events', { service }, row!.count);
      set('sedge_outbox_oldest_seconds', { service }, row!.oldest_s);
    });
  }
}
