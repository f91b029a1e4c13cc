import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { PeriodicWork } from '../periodic-work.js';
import { Transactions } from '../state/transactions.service.js';

const EVERY_MS = 3_600_000;
/** Far beyond the longest time that a bus may hold an event back before it comes again. */
const KEEP_DAYS = 14;

/** Forgets handled events that can't come again any more. */
@Injectable()
export class InboxCleaner implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('inbox');
  private readonly cleaning = new PeriodicWork(
    () => this.clean(),
    (reason) => this.logger.warn(`old events not forgotten yet: ${reason}`),
  );

  constructor(private readonly transactions: Transactions) {}

  async onApplicationBootstrap(): Promise<void> {
    this.cleaning.start(EVERY_MS);
    await this.cleaning.now();
  }

  onApplicationShutdown(): Promise<void> {
    return this.cleaning.stop();
  }

  private async clean(): Promise<void> {
    await this.transactions.query('DELETE FROM inbox WHERE handled_at < now() - make_interval(days => $1)', [
      KEEP_DAYS,
    ]);
  }
}
