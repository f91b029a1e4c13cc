import type { CloudEvent } from '@sedge/event-contracts';
import {
  DeadLetterError,
  isBackEndAway,
  type DeadLetter,
  type EventHandler,
  type SubscriptionOptions,
} from '@sedge/ports';

export interface RedeliveryRules {
  delaysMs: number[];
  keepDeadLetter(letter: DeadLetter): Promise<void>;
}

/** A back end that is away is looked for this often. */
const AGAIN_AFTER_MS = 500;

interface Item {
  subject: string;
  event: CloudEvent;
  handled(): void;
  lost(error: Error): void;
}

/**
 * The events of one consumer: handled in their order, `concurrency` at once. An event that waits for its redelivery keeps its place,
 * so a consumer with concurrency 1 never sees a later event first.
 */
export class Subscription {
  readonly consumer: string;
  readonly subjects: string[];
  private readonly queue: Item[] = [];
  private active = 0;
  private isClosed = false;
  private readonly idle: (() => void)[] = [];
  private readonly pauses = new Set<() => void>();

  constructor(
    private readonly options: SubscriptionOptions,
    private readonly handler: EventHandler,
    private readonly rules: RedeliveryRules,
  ) {
    this.consumer = options.consumer;
    this.subjects = options.subjects;
  }

  get pending(): number {
    return this.queue.length + this.active;
  }

  /** Resolves when the event was handled or is kept as a dead letter; rejects when the subscription closes before. */
  deliver(subject: string, event: CloudEvent): Promise<void> {
    return new Promise((handled, lost) => {
      this.queue.push({ subject, event, handled, lost });
      this.work();
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const wake of this.pauses) wake();
    for (const item of this.queue.splice(0)) item.lost(new Error('the bus is closed'));
    if (this.active > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private work(): void {
    while (this.active < this.options.concurrency && this.queue.length > 0 && !this.isClosed) {
      this.active++;
      void this.handle(this.queue.shift()!).finally(() => {
        this.active--;
        if (this.active === 0) for (const resolve of this.idle.splice(0)) resolve();
        this.work();
      });
    }
  }

  private async handle(item: Item): Promise<void> {
    for (let count = 1; ;) {
      try {
        await this.handler(item.event, { subject: item.subject, count, heartbeat: () => undefined });
        return item.handled();
      } catch (error) {
        const delayMs = await this.afterFailure(item, count, error as Error);
        if (delayMs === null) return item.handled();
        await this.pause(delayMs);
        if (this.isClosed) return item.lost(new Error('the bus is closed'));
        if (!isBackEndAway(error)) count++;
      }
    }
  }

  /** @returns how long to wait before the event is delivered again; null where it is a dead letter now */
  private async afterFailure(item: Item, count: number, error: Error): Promise<number | null> {
    if (isBackEndAway(error)) return AGAIN_AFTER_MS;
    const delayMs = error instanceof DeadLetterError ? undefined : this.rules.delaysMs[count - 1];
    if (delayMs !== undefined) return delayMs;
    return (await this.bury(item, count, error)) ? null : (this.rules.delaysMs.at(-1) ?? AGAIN_AFTER_MS);
  }

  /** @returns whether the letter is kept; if not, the event is delivered again rather than lost */
  private async bury(item: Item, deliveries: number, error: Error): Promise<boolean> {
    const { subject, event } = item;
    const reason = error instanceof DeadLetterError ? error.reason : 'attempts-exhausted';
    const letter = { consumer: this.consumer, subject, event, reason, message: error.message, deliveries };
    return this.rules.keepDeadLetter(letter).then(
      () => true,
      () => false,
    );
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.pauses.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.pauses.add(wake);
    });
  }
}
