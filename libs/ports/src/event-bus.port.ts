import { MAX_EVENT_BYTES, type CloudEvent } from '@sedge/event-contracts';

/** What a handler is told about the delivery, beside the event. */
export interface Delivery {
  subject: string;
  /** 1 for the first delivery */
  count: number;
  /** tells the bus that the handler is still at work */
  heartbeat(): void;
}

export type EventHandler = (event: CloudEvent, delivery: Delivery) => Promise<void>;

export interface SubscriptionOptions {
  /** durable name: one position per consumer, shared by all copies of a service */
  consumer: string;
  /** subjects with NATS wildcards */
  subjects: string[];
  /** events handled at once; 1 keeps their order */
  concurrency: number;
}

/**
 * Carries events between services, at least once. A handler that throws sees the event again, after a growing delay and a bounded
 * number of times; then the event goes to the dead letters with the reason. That a back end is away (`isBackEndAway`) is no fault of the
 * event: its handler is asked again until the back end answers, however long that takes, and none of these times counts.
 */
export interface EventBus {
  /**
   * Resolves when the event can no longer be lost by this process ending.
   * @param subject see `subjectOf`
   * @throws EventTooLargeError
   */
  publish(subject: string, event: CloudEvent): Promise<void>;
  /** Publishes what may be dropped (progress): to whoever listens now. What is too large is dropped. */
  publishTransient(subject: string, event: CloudEvent): void;
  subscribe(options: SubscriptionOptions, handler: EventHandler): Promise<void>;
  /**
   * Keeps events for somebody outside, who takes them from the broker by this name and says what became of each. Nothing is kept where
   * nobody outside can come in, as on the in-process bus.
   * @returns how many have still to be taken or answered; null where nobody can come in
   */
  offer(consumer: string, subject: string): Promise<number | null>;
  /** Listens to transient events. @returns a function that ends it */
  listen(subjects: string[], handler: (event: CloudEvent, subject: string) => void): () => void;
  /** How many events each consumer of this process has still to handle: those that wait and those that are under way. */
  pending(): Promise<Map<string, number>>;
  /** @throws Error while events can't be published */
  ping(): Promise<void>;
  /** Ends deliveries and waits for handlers under way. */
  close(): Promise<void>;
}

export const EVENT_BUS = Symbol('EventBus');

/** Thrown by a handler for an event that no redelivery can mend: it goes to the dead letters at once. */
export class DeadLetterError extends Error {
  constructor(
    readonly reason: string,
    message: string,
  ) {
    super(message);
    this.name = 'DeadLetterError';
  }
}

/** No broker takes an event as large, however often it is tried. Of a handler it is the end, too: what it published won't shrink. */
export class EventTooLargeError extends DeadLetterError {
  constructor(type: string, bytes: number) {
    super('event-too-large', `an event ${type} has ${bytes} bytes; no more than ${MAX_EVENT_BYTES} are taken`);
    this.name = 'EventTooLargeError';
  }
}

/** An event as it travels. @throws EventTooLargeError */
export function encodeEvent(event: CloudEvent): string {
  const text = JSON.stringify(event);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_EVENT_BYTES) throw new EventTooLargeError(event.type, bytes);
  return text;
}

/** An event that could not be handled, kept with the reason until someone looks at it. */
export interface DeadLetter {
  consumer: string;
  subject: string;
  /** as it came: what could not be read as an event is kept as well */
  event: unknown;
  /** `attempts-exhausted`, or why the event could not be read */
  reason: string;
  message: string;
  deliveries: number;
}
