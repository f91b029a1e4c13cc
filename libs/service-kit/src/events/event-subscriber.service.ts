import { Inject, Injectable, Logger } from '@nestjs/common';
import { checkEvent, forgeryIn, type CloudEvent, type EventMap, type EventType } from '@sedge/event-contracts';
import {
  DeadLetterError,
  EVENT_BUS,
  LostBackEndError,
  type Delivery,
  type EventBus,
  type SubscriptionOptions,
} from '@sedge/ports';
import { isDiskFull } from '../errors/disk-full.js';
import { SERVICE_NAME } from '../service-name.js';
import { Transactions, type Transaction } from '../state/transactions.service.js';
import { parseTraceparent } from '../tracing/trace-context.js';
import { TRACING, inSpan, type Tracing } from '../tracing/tracing.js';

/** What is done with an event, in the transaction that also notes the event as handled. */
export type EventHandlers = {
  [Type in EventType]?: (
    event: CloudEvent<EventMap[Type]>,
    transaction: Transaction,
    delivery: Delivery,
  ) => Promise<void>;
};

/** Called after the transaction of a handled event committed; never for a duplicate. */
export type AfterCommit = (event: CloudEvent<EventMap[EventType]>) => void;

type AnyHandler = (
  event: CloudEvent<EventMap[EventType]>,
  transaction: Transaction,
  delivery: Delivery,
) => Promise<void>;

/**
 * Lets a service consume events: each is checked against the class of its type and the subject on which it came, and handled once however often it comes, because
 * (consumer, source, event id) is noted in the transaction of its effect.
 */
@Injectable()
export class EventSubscriber {
  private readonly logger = new Logger('events');

  constructor(
    private readonly transactions: Transactions,
    @Inject(EVENT_BUS) private readonly bus: EventBus,
    @Inject(SERVICE_NAME) private readonly service: string,
    @Inject(TRACING) private readonly tracing: Tracing,
  ) {}

  /** @param handlers by event type; a known type without a handler is skipped, an unknown one goes to the dead letters */
  async subscribe(options: SubscriptionOptions, handlers: EventHandlers, afterCommit?: AfterCommit): Promise<void> {
    await this.bus.subscribe(options, (event, delivery) =>
      this.handle(options.consumer, handlers, { event, delivery, afterCommit }),
    );
  }

  private async handle(
    consumer: string,
    handlers: EventHandlers,
    { event, delivery, afterCommit }: { event: CloudEvent; delivery: Delivery; afterCommit: AfterCommit | undefined },
  ): Promise<void> {
    const check = checkEvent(event);
    if (!check.ok) throw new DeadLetterError(check.reason, check.message);
    const forgery = forgeryIn(check.type, check.event, delivery.subject);
    if (forgery !== null) throw new DeadLetterError('forged', `${check.type}: ${forgery}`);
    const handler = handlers[check.type] as AnyHandler | undefined;
    if (!handler) return;
    const span = {
      name: `process ${check.type}`,
      kind: 'consumer',
      service: this.service,
      parent: parseTraceparent(event.traceparent),
      attributes: { 'messaging.message.id': event.id, 'messaging.consumer.group.name': consumer, ...runOf(event) },
    } as const;
    const isNew = await inSpan(this.tracing, span, () =>
      this.handleOnce(consumer, check.event, (transaction) => handler(check.event, transaction, delivery)),
    );
    if (isNew) afterCommit?.(check.event);
    else this.logger.debug(`${consumer}: ${event.type} ${event.id} came again`);
  }

  /** @returns false for an event that was handled before. @throws LostBackEndError also where the database has no room, which is no fault of the event */
  private async handleOnce(
    consumer: string,
    event: CloudEvent,
    work: (transaction: Transaction) => Promise<void>,
  ): Promise<boolean> {
    try {
      return await this.transactions.run(async (transaction) => {
        const noted = await transaction.query(
          'INSERT INTO inbox (consumer, source, event) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING event',
          [consumer, event.source, event.id],
        );
        if (noted.length === 0) return false;
        await work(transaction);
        return true;
      });
    } catch (error) {
      throw isDiskFull(error) ? new LostBackEndError('database', error) : error;
    }
  }
}

const runOf = ({ correlationid: run }: CloudEvent): Record<string, string> =>
  run === undefined ? {} : { 'sedge.run': run };
