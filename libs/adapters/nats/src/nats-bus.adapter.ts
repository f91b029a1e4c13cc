import {
  AckPolicy,
  DeliverPolicy,
  jetstream,
  jetstreamManager,
  type JetStreamClient,
  type JetStreamManager,
} from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/transport-node';
import { MAX_EVENT_BYTES, type CloudEvent } from '@sedge/event-contracts';
import { encodeEvent, type EventBus, type EventHandler, type SubscriptionOptions } from '@sedge/ports';
import { connectToBroker, type BrokerAddress } from './connection.js';
import { NatsDeadLetters } from './dead-letters.js';
import { isLostBroker } from './lost-broker.js';
import { Room } from './room.js';
import { isForbidden, putConsumer, reconcileStreams } from './streams.js';
import { NatsSubscription } from './subscription.js';

export interface NatsBusOptions extends BrokerAddress {
  /** told what someone should know: an outage, a dead letter */
  onTrouble(message: string): void;
  /** pause before each redelivery; one more failure after the last sends the event to the dead letters */
  redeliveryDelaysMs?: readonly number[];
  /** how long a handler may be silent before its event is given to another copy of the service */
  ackWaitMs?: number;
}

const REDELIVERY_DELAYS_MS = [20, 100, 500, 2000, 10_000, 30_000];
/** A handler at work says so three times as often; one whose process or broker died holds those behind it up for this long. */
const ACK_WAIT_MS = 5000;
/** Of somebody outside: the job's own lease, at its stage, is what counts; an event that is given back is one that came too early. */
const OUTSIDE_ACK_WAIT_MS = 10_000;
const PUBLISH_TIMEOUT_MS = 5000;
/** More at once would only wait in the broker, and run into its time limit there. */
const MOST_PUBLISHING = 256;
const PING_TIMEOUT_MS = 2000;

interface Message {
  subject: string;
  body: string;
  msgID: string;
}

interface Unstored {
  message: Message;
  since: Date;
}

/** Makes the broker's streams, as its operator: services may then be users who can't. @throws BrokerUnreachableError */
export async function prepareBroker(options: NatsBusOptions): Promise<void> {
  await (await NatsBus.open(options)).close();
}

/** Carries events over NATS JetStream: what is published is on the broker's disk, and stays there until every consumer has handled it. */
export class NatsBus implements EventBus {
  readonly deadLetters: NatsDeadLetters;
  private readonly subscriptions = new Map<string, NatsSubscription>();
  private readonly room = new Room(MOST_PUBLISHING);
  private closing: Promise<void> | null = null;
  /** since no event was stored: the last one that was not */
  private unstored: Unstored | null = null;

  private constructor(
    private readonly connection: NatsConnection,
    private readonly client: JetStreamClient,
    private readonly manager: JetStreamManager,
    private readonly options: NatsBusOptions,
  ) {
    this.deadLetters = new NatsDeadLetters(client, manager);
  }

  /** @throws BrokerUnreachableError */
  static async open(options: NatsBusOptions): Promise<NatsBus> {
    const connection = await connectToBroker(options);
    try {
      const manager = await jetstreamManager(connection);
      await reconcileStreams(manager, options.onTrouble);
      const bus = new NatsBus(connection, jetstream(connection), manager, options);
      void bus.watch();
      return bus;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  async publish(subject: string, event: CloudEvent): Promise<void> {
    const body = encodeEvent(event);
    const message = { subject, body, msgID: `${event.source} ${event.id}` };
    await this.room.use(() => this.store(message, PUBLISH_TIMEOUT_MS));
  }

  /** Notes whether the broker stores events: one whose disk was full once answers all else, and stores nothing more. */
  private async store(message: Message, timeout: number): Promise<void> {
    const { subject, body, msgID } = message;
    try {
      await this.client.publish(subject, body, { msgID, timeout });
      this.unstored = null;
    } catch (error) {
      if (isLostBroker(error) && !isForbidden(error)) {
        this.unstored = { message, since: this.unstored?.since ?? new Date() };
      }
      throw error;
    }
  }

  publishTransient(subject: string, event: CloudEvent): void {
    const body = JSON.stringify(event);
    if (!this.connection.isClosed() && Buffer.byteLength(body) <= MAX_EVENT_BYTES)
      this.connection.publish(subject, body);
  }

  async subscribe(options: SubscriptionOptions, handler: EventHandler): Promise<void> {
    const { consumer } = options;
    if (this.subscriptions.has(consumer)) {
      throw new Error(`the consumer ${consumer} is subscribed already; each subscription needs its own name`);
    }
    const { redeliveryDelaysMs, ackWaitMs, onTrouble } = this.options;
    const rules = {
      delaysMs: redeliveryDelaysMs ?? REDELIVERY_DELAYS_MS,
      ackWaitMs: ackWaitMs ?? ACK_WAIT_MS,
      onTrouble,
    };
    this.subscriptions.set(
      consumer,
      await NatsSubscription.open({ client: this.client, manager: this.manager }, options, handler, rules),
    );
  }

  async offer(consumer: string, subject: string): Promise<number | null> {
    const config = {
      durable_name: consumer,
      // One only: then the broker can see whether a stage may offer it.
      filter_subject: subject,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(OUTSIDE_ACK_WAIT_MS),
      deliver_policy: DeliverPolicy.All,
      // A worker gives an event back for as long as its stage is away; the stage alone knows when a job is at its end.
      max_deliver: -1,
    };
    try {
      const { num_pending: waiting, num_ack_pending: underWay } = await putConsumer(this.manager, config);
      return waiting + underWay;
    } catch (error) {
      if (!isForbidden(error)) throw error;
      this.options.onTrouble(`nobody outside can take ${subject}: the broker has no user for its worker`);
      return null;
    }
  }

  listen(subjects: string[], handler: (event: CloudEvent, subject: string) => void): () => void {
    const subscriptions = subjects.map((subject) =>
      this.connection.subscribe(subject, {
        callback: (error, message) => {
          if (error === null) hear(message.data, (event) => handler(event, message.subject));
        },
      }),
    );
    return () => subscriptions.forEach((subscription) => subscription.unsubscribe());
  }

  async pending(): Promise<Map<string, number>> {
    const consumers = [...this.subscriptions.entries()];
    return new Map(
      await Promise.all(consumers.map(async ([name, subscription]) => [name, await subscription.pending()] as const)),
    );
  }

  async ping(): Promise<void> {
    const late = new Promise<never>((_, reject) =>
      setTimeout(() => reject(new Error('the broker does not answer')), PING_TIMEOUT_MS).unref(),
    );
    await Promise.race([this.connection.flush(), late]);
    if (this.unstored === null) return;
    const { message, since } = this.unstored;
    // Nobody else may publish for long. The same event is tried, which the broker takes once whoever brings it.
    await this.store(message, PING_TIMEOUT_MS).catch((error: Error) => {
      throw new Error(`the broker has stored no event since ${since.toISOString()}: ${error.message}`, {
        cause: error,
      });
    });
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  /** What the broker refuses is told, also where nobody waits for an answer. */
  private async watch(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === 'error' && isForbidden(status.error)) {
        this.options.onTrouble(`the broker refuses: ${status.error.message}`);
      }
    }
  }

  /** The last acknowledgements leave with the drain. */
  private async end(): Promise<void> {
    await Promise.all([...this.subscriptions.values()].map((subscription) => subscription.close()));
    if (!this.connection.isClosed()) await this.connection.drain().catch(() => this.connection.close());
  }
}

/** What may be dropped is dropped where it can't be read. */
function hear(bytes: Uint8Array, handler: (event: CloudEvent) => void): void {
  let event: CloudEvent;
  try {
    event = JSON.parse(Buffer.from(bytes).toString('utf8')) as CloudEvent;
  } catch {
    return;
  }
  handler(event);
}
