import { Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { DATABASE, type Database, type ServiceSchema } from '@sedge/ports';
import { DataSource } from 'typeorm';
import { EventSubscriber } from './events/event-subscriber.service.js';
import { InboxCleaner } from './events/inbox-cleaner.service.js';
import { Outbox } from './events/outbox.service.js';
import { OutboxMetrics } from './metrics/outbox-metrics.service.js';
import { namedModule } from './named-module.js';
import { SERVICE_NAME } from './service-name.js';
import { EventTables1764000000000 } from './state/event-tables.migration.js';
import { openSchema } from './state/open-schema.js';
import { Transactions } from './state/transactions.service.js';

export interface ServiceOptions {
  /** name of the service: of its schema (with `_` for `-`), its event source `/services/<name>` and its consumers */
  name: string;
  entities?: Function[];
  /** in their order; names end in a time stamp, as TypeORM wants */
  migrations?: Function[];
}

/** What every service has: its schema, transactions that carry events, and its subscriptions. One instance per service. */
@Module({})
export class ServiceModule implements OnApplicationShutdown {
  constructor(private readonly source: DataSource) {}

  static forRoot(options: ServiceOptions): DynamicModule {
    const schema: ServiceSchema = {
      name: options.name.replaceAll('-', '_'),
      entities: options.entities ?? [],
      migrations: [EventTables1764000000000, ...(options.migrations ?? [])],
    };
    return {
      module: namedModule(ServiceModule, options.name),
      providers: [
        { provide: SERVICE_NAME, useValue: options.name },
        {
          provide: DataSource,
          inject: [DATABASE],
          useFactory: (database: Database) => openSchema(database, schema),
        },
        Outbox,
        Transactions,
        EventSubscriber,
        InboxCleaner,
        OutboxMetrics,
      ],
      exports: [SERVICE_NAME, DataSource, Transactions, EventSubscriber],
    };
  }

  /** The outbox is done with the database by now: Nest ends modules in the order of their dependence. */
  async onApplicationShutdown(): Promise<void> {
    if (this.source.isInitialized) await this.source.destroy();
  }
}
