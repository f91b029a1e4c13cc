import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { CloudEvent } from '@sedge/event-contracts';
import { EVENT_BUS, EventTooLargeError, encodeEvent, type EventBus } from '@sedge/ports';
import { DataSource, type EntityManager } from 'typeorm';
import { PeriodicWork } from '../periodic-work.js';
import { SERVICE_NAME } from '../service-name.js';

export interface OutboxEvent {
  /** the subject on which it travels */
  subject: string;
  event: CloudEvent;
  /** position in the table, known once it is written */
  sequence: string;
}

/**
 * Does not wait for the disk: a row whose deletion a crash takes back is published twice, which consumers notice. So the deletions keep
 * no commit of a job waiting.
 */
const DELETE = `DELETE FROM outbox USING (SELECT set_config('synchronous_commit', 'off', true)) AS lazily
  WHERE sequence = ANY($1::bigint[])`;

/** How long a row may lie before another copy of the service takes it for forgotten. */
const FORGOTTEN_AFTER_S = 60;
const SWEEP_EVERY_MS = 30_000;
const RETRY_MS = [50, 200, 1000, 5000, 15_000];
const DELETE_BATCH = 500;
/** What is published within this time is deleted together. */
const DELETE_AFTER_MS = 250;
const DELETE_AGAIN_MS = 1000;

/**
 * Events on their way out. They are written in the transaction of the state that they report and published after its commit, straight
 * from memory; a row is deleted when the bus has the event. Rows that a dead process left are published at the next start, or by
 * another copy of the service after a minute.
 */
@Injectable()
export class Outbox implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly source: string;
  private readonly logger = new Logger('outbox');
  private readonly queue: OutboxEvent[] = [];
  private readonly underWay = new Set<string>();
  private published: string[] = [];
  private isOpen = false;
  private isPumping = false;
  private deleting: Promise<void> = Promise.resolve();
  private deleteTimer: NodeJS.Timeout | undefined;
  private readonly sweeping = new PeriodicWork(
    () => this.takeForgotten(FORGOTTEN_AFTER_S),
    (reason) => this.logger.warn(`forgotten events not looked for: ${reason}`),
  );

  constructor(
    private readonly database: DataSource,
    @Inject(EVENT_BUS) private readonly bus: EventBus,
    @Inject(SERVICE_NAME) service: string,
  ) {
    this.source = `/services/${service}`;
  }

  /** Publishing starts when every service of the process has subscribed. */
  async onApplicationBootstrap(): Promise<void> {
    this.isOpen = true;
    await this.takeForgotten(0);
    this.sweeping.start(SWEEP_EVERY_MS);
    this.pump();
  }

  async onApplicationShutdown(): Promise<void> {
    this.isOpen = false;
    clearTimeout(this.deleteTimer);
    await this.sweeping.stop();
    await this.deletePublished();
  }

  /**
   * Writes events in a transaction, in one statement, and notes their positions in them.
   * @throws EventTooLargeError before any is written: it would lie here for ever
   */
  async write(manager: EntityManager, events: OutboxEvent[]): Promise<void> {
    if (events.length === 0) return;
    const rows = (await manager.query(
      `INSERT INTO outbox (subject, event)
       SELECT subject, event FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS new (subject, event, n) ORDER BY n
       RETURNING sequence`,
      [events.map(({ subject }) => subject), events.map(({ event }) => encodeEvent(event))],
    )) as { sequence: string }[];
    for (const [index, { sequence }] of rows.entries()) events[index]!.sequence = sequence;
  }

  /** Takes committed events over for publishing. */
  relay(events: OutboxEvent[]): void {
    for (const event of events) {
      if (this.underWay.has(event.sequence)) continue;
      this.underWay.add(event.sequence);
      this.queue.push(event);
    }
    this.pump();
  }

  /** Hands events to the bus in order, without waiting for one before handing over the next: the bus keeps the order. */
  private pump(): void {
    if (!this.isOpen || this.isPumping) return;
    this.isPumping = true;
    for (let next = this.queue.shift(); next; next = this.queue.shift()) void this.publish(next);
    this.isPumping = false;
  }

  private async publish(item: OutboxEvent): Promise<void> {
    for (let failures = 0; ; failures++) {
      try {
        await this.bus.publish(item.subject, item.event);
        break;
      } catch (error) {
        if (!this.isOpen) return;
        const { subject, event } = item;
        const about = { about: event.subject, ...(event.correlationid && { run: event.correlationid }) };
        if (error instanceof EventTooLargeError) {
          // Of an earlier version. Its row stays, and is noted as under way, so that it is not read again.
          this.logger.error({ message: `${subject} can never be published: ${error.message}`, ...about });
          return;
        }
        this.logger.warn({ message: `${subject} not published yet: ${(error as Error).message}`, ...about });
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]).unref());
      }
    }
    this.published.push(item.sequence);
    this.deleteSoon(DELETE_AFTER_MS);
  }

  private deleteSoon(delayMs: number): void {
    if (!this.isOpen) return;
    this.deleteTimer ??= setTimeout(() => {
      this.deleteTimer = undefined;
      void this.deletePublished();
    }, delayMs);
  }

  /** Deletes what was published, many rows at a time. A row that outlives a crash is published twice, which consumers notice. */
  private deletePublished(): Promise<void> {
    this.deleting = this.deleting.then(async () => {
      while (this.published.length > 0) {
        const batch = this.published.slice(0, DELETE_BATCH);
        await this.database.query(DELETE, [batch]);
        this.published = this.published.slice(batch.length);
        for (const sequence of batch) this.underWay.delete(sequence);
      }
    });
    this.deleting = this.deleting.catch((error: Error) => {
      this.logger.warn(`published events not removed yet: ${error.message}`);
      this.deleteSoon(DELETE_AGAIN_MS);
    });
    return this.deleting;
  }

  private async takeForgotten(olderThanS: number): Promise<void> {
    const rows = (await this.database.query(
      `SELECT sequence, subject, event FROM outbox
       WHERE created_at <= now() - make_interval(secs => $1) AND sequence <> ALL ($2::bigint[]) ORDER BY sequence`,
      [olderThanS, [...this.underWay]],
    )) as { sequence: string; subject: string; event: string }[];
    this.relay(
      rows.map(({ sequence, subject, event }) => ({ sequence, subject, event: JSON.parse(event) as CloudEvent })),
    );
  }
}
