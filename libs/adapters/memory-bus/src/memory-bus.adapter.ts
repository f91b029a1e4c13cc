import { MAX_EVENT_BYTES, matchesSubject, type CloudEvent } from '@sedge/event-contracts';
import { encodeEvent, type DeadLetter, type EventBus, type EventHandler, type SubscriptionOptions } from '@sedge/ports';
import { Subscription } from './subscription.js';

export interface MemoryBusOptions {
  /** keeps an event that no handler could take; the event counts as handled once this resolves */
  keepDeadLetter(letter: DeadLetter): Promise<void>;
  /** pause before each redelivery; one more failure after the last sends the event to the dead letters */
  redeliveryDelaysMs?: number[];
}

const REDELIVERY_DELAYS_MS = [20, 100, 500, 2000, 10_000, 30_000];

interface Listener {
  subjects: string[];
  handler: (event: CloudEvent, subject: string) => void;
}

/**
 * Carries events within one process. It keeps nothing itself: publishing resolves when every subscription has handled the event, so
 * that the publisher's outbox row stays until then and a restart delivers again what was under way.
 */
export class MemoryBus implements EventBus {
  private readonly subscriptions: Subscription[] = [];
  private readonly listeners = new Set<Listener>();
  private isClosed = false;

  constructor(private readonly options: MemoryBusOptions) {}

  async publish(subject: string, event: CloudEvent): Promise<void> {
    if (this.isClosed) throw new Error('the bus is closed');
    encodeEvent(event);
    const takers = this.subscriptions.filter((subscription) => isWanted(subscription.subjects, subject));
    await Promise.all(takers.map((subscription) => subscription.deliver(subject, event)));
  }

  publishTransient(subject: string, event: CloudEvent): void {
    if (Buffer.byteLength(JSON.stringify(event)) > MAX_EVENT_BYTES) return;
    for (const listener of this.listeners) {
      if (isWanted(listener.subjects, subject)) listener.handler(event, subject);
    }
  }

  async subscribe(options: SubscriptionOptions, handler: EventHandler): Promise<void> {
    if (this.subscriptions.some(({ consumer }) => consumer === options.consumer)) {
      throw new Error(`the consumer ${options.consumer} is subscribed already; each subscription needs its own name`);
    }
    this.subscriptions.push(
      new Subscription(options, handler, {
        delaysMs: this.options.redeliveryDelaysMs ?? REDELIVERY_DELAYS_MS,
        keepDeadLetter: (letter) => this.options.keepDeadLetter(letter),
      }),
    );
  }

  async offer(): Promise<null> {
    return null;
  }

  listen(subjects: string[], handler: (event: CloudEvent, subject: string) => void): () => void {
    const listener = { subjects, handler };
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  async pending(): Promise<Map<string, number>> {
    return new Map(this.subscriptions.map((subscription) => [subscription.consumer, subscription.pending]));
  }

  async ping(): Promise<void> {
    if (this.isClosed) throw new Error('the bus is closed');
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all(this.subscriptions.map((subscription) => subscription.close()));
  }
}

const isWanted = (filters: string[], subject: string): boolean =>
  filters.some((filter) => matchesSubject(filter, subject));
