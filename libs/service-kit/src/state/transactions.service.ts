import { Injectable } from '@nestjs/common';
import { createCloudEvent, subjectOf, type EventMap, type EventType } from '@sedge/event-contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { Outbox, type OutboxEvent } from '../events/outbox.service.js';
import { orLostDatabase } from './lost-database.js';

/** What caused an event, and what it belongs to. */
export interface EventContext {
  /** id of the event or request that caused this one */
  causationId?: string;
  /** the run or request it belongs to */
  correlationId?: string;
  traceparent?: string;
}

/** A transaction under way. Inside it only this is used, and no other input or output is done: there may be one connection only. */
export interface Transaction {
  readonly manager: EntityManager;
  /** Runs a statement and gives the rows that it returns. */
  query<Row>(sql: string, parameters?: unknown[]): Promise<Row[]>;
  /** Publishes an event if, and only if, the transaction commits. @param subject what it is about: a job, artifact or tool id */
  publish<Type extends EventType>(type: Type, subject: string, data: EventMap[Type], context?: EventContext): void;
}

/** State and the events about it change together: one transaction writes both. */
@Injectable()
export class Transactions {
  constructor(
    private readonly source: DataSource,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Runs `work` in a transaction; its events leave after the commit, in their order.
   * @throws LostBackEndError
   * @throws EventTooLargeError where one of them is; then nothing is changed
   */
  async run<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
    const events: OutboxEvent[] = [];
    const result = await orLostDatabase(
      this.source.transaction(async (manager) => {
        const value = await work(this.transactionOf(manager, events));
        await this.outbox.write(manager, events);
        return value;
      }),
    );
    this.outbox.relay(events);
    return result;
  }

  /** Runs one statement by itself. @throws LostBackEndError */
  query<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return orLostDatabase(rowsOf<Row>(this.source.manager, sql, parameters));
  }

  private transactionOf(manager: EntityManager, events: OutboxEvent[]): Transaction {
    return {
      manager,
      query: (sql, parameters = []) => rowsOf(manager, sql, parameters),
      publish: (type, subject, data, context = {}) => {
        const event = createCloudEvent({
          type,
          source: this.outbox.source,
          subject,
          data,
          time: new Date(),
          ...context,
        });
        events.push({ subject: subjectOf(type, data), event, sequence: '' });
      },
    };
  }
}

/** TypeORM gives `[rows, count]` for UPDATE and DELETE and rows for the rest. */
async function rowsOf<Row>(manager: EntityManager, sql: string, parameters: unknown[]): Promise<Row[]> {
  const result = (await manager.query(sql, parameters)) as Row[] | [Row[], number];
  const isCounted = Array.isArray(result[0]) && typeof result[1] === 'number';
  return isCounted ? (result[0] as Row[]) : (result as Row[]);
}
