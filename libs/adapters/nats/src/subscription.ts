import {
  AckPolicy,
  DeliverPolicy,
  type ConsumerMessages,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { CloudEvent } from '@sedge/event-contracts';
import { DeadLetterError, isBackEndAway, type EventHandler, type SubscriptionOptions } from '@sedge/ports';
import { setTimeout as sleep } from 'node:timers/promises';
import { bury } from './dead-letters.js';
import { EVENTS, REPLAY_SUBJECT, putConsumer } from './streams.js';

export interface SubscriptionRules {
  /** pause before each redelivery; one more failure after the last sends the event to the dead letters */
  delaysMs: readonly number[];
  /** how long the broker waits for a word from the handler before it gives the event to another copy */
  ackWaitMs: number;
  onTrouble(message: string): void;
}

/** A pull ends after this long and is made anew, which is how long an outage of the broker can go unnoticed at most. */
const PULL_MS = 5000;
const AGAIN_AFTER_MS = 500;
/** Copies of a service that handle several events at once share this many. */
const MOST_UNACKNOWLEDGED = 1000;

/**
 * The events of one durable consumer, which all copies of a service share. With concurrency 1 one event is out at a time over all of
 * them, and one that waits for its redelivery keeps its place, so that no later event is seen first.
 */
export class NatsSubscription {
  private readonly underWay = new Set<Promise<void>>();
  private messages: ConsumerMessages | null = null;
  private isClosed = false;
  private readonly ended: Promise<void>;

  private constructor(
    private readonly client: JetStreamClient,
    private readonly manager: JetStreamManager,
    private readonly options: SubscriptionOptions,
    private readonly handler: EventHandler,
    private readonly rules: SubscriptionRules,
  ) {
    this.ended = this.consume();
  }

  static async open(
    { client, manager }: { client: JetStreamClient; manager: JetStreamManager },
    options: SubscriptionOptions,
    handler: EventHandler,
    rules: SubscriptionRules,
  ): Promise<NatsSubscription> {
    await reconcileConsumer(manager, options, rules);
    return new NatsSubscription(client, manager, options, handler, rules);
  }

  /** Over all copies of the service. */
  async pending(): Promise<number> {
    const { num_pending: waiting, num_ack_pending: underWay } = await this.manager.consumers.info(
      EVENTS,
      this.options.consumer,
    );
    return waiting + underWay;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.messages?.stop();
    await this.ended;
    await Promise.all(this.underWay);
  }

  private async consume(): Promise<void> {
    while (!this.isClosed) {
      try {
        const consumer = await this.client.consumers.get(EVENTS, this.options.consumer);
        const messages = await consumer.consume({
          max_messages: this.options.concurrency,
          expires: PULL_MS,
          abort_on_missing_resource: true,
        });
        this.messages = messages;
        if (this.isClosed) messages.stop();
        for await (const message of messages) await this.take(message);
      } catch (error) {
        if (this.isClosed) return;
        this.rules.onTrouble(`${this.options.consumer}: no events for now: ${(error as Error).message}`);
        await sleep(AGAIN_AFTER_MS);
        await reconcileConsumer(this.manager, this.options, this.rules).catch(() => undefined);
      }
    }
  }

  /** Resolves when there is room for the next. */
  private async take(message: JsMsg): Promise<void> {
    // What comes after the end stays with the broker, which gives it to another copy.
    if (this.isClosed) return message.nak();
    const work: Promise<void> = this.handle(message).finally(() => this.underWay.delete(work));
    this.underWay.add(work);
    if (this.underWay.size >= this.options.concurrency) await Promise.race(this.underWay);
  }

  private async handle(message: JsMsg): Promise<void> {
    const { deliveryCount } = message.info;
    const beat = setInterval(() => message.working(), this.rules.ackWaitMs / 3);
    try {
      // Deliveries that no handler answered count as well: an event that kills its handler must not come for ever.
      if (deliveryCount > this.rules.delaysMs.length + 1) throw new Error('its handler ended without an answer');
      await this.callHandler(message);
      message.ack();
    } catch (error) {
      await this.fail(message, error as Error);
    } finally {
      clearInterval(beat);
    }
  }

  /** A back end that is away says nothing of the event, so its handler is asked again while the broker goes on counting one delivery. */
  private async callHandler(message: JsMsg): Promise<void> {
    const event = eventIn(message);
    const heartbeat = (): void => message.working();
    const delivery = { subject: this.subjectOf(message), count: message.info.deliveryCount, heartbeat };
    for (;;) {
      try {
        return await this.handler(event, delivery);
      } catch (error) {
        if (!isBackEndAway(error) || this.isClosed) throw error;
        await sleep(AGAIN_AFTER_MS);
      }
    }
  }

  /** The subject on which an event came at first. */
  private subjectOf({ subject }: JsMsg): string {
    const again = `${REPLAY_SUBJECT}.${this.options.consumer}.`;
    return subject.startsWith(again) ? `sedge.${subject.slice(again.length)}` : subject;
  }

  private async fail(message: JsMsg, error: Error): Promise<void> {
    const { deliveryCount, streamSequence, timestampNanos } = message.info;
    const { delaysMs } = this.rules;
    if (isBackEndAway(error)) return message.nak(AGAIN_AFTER_MS);
    const delayMs = error instanceof DeadLetterError ? undefined : delaysMs[deliveryCount - 1];
    if (delayMs !== undefined) return message.nak(delayMs);
    const { consumer } = this.options;
    const reason = error instanceof DeadLetterError ? error.reason : 'attempts-exhausted';
    try {
      await bury(this.client, message.data, {
        consumer,
        subject: this.subjectOf(message),
        reason,
        message: error.message,
        deliveries: deliveryCount,
        position: streamSequence,
        storedAtNanos: timestampNanos,
      });
      message.ack();
      this.rules.onTrouble(
        `${consumer}: ${this.subjectOf(message)} is a dead letter now (${reason}): ${error.message}`,
      );
    } catch (fault) {
      // Delivered again rather than lost.
      this.rules.onTrouble(`${consumer}: a dead letter could not be kept yet: ${(fault as Error).message}`);
      message.nak(delaysMs.at(-1) ?? AGAIN_AFTER_MS);
    }
  }
}

/** Makes the durable consumer what the subscription says. What is sent to it again comes on a subject of its own. */
async function reconcileConsumer(
  manager: JetStreamManager,
  { consumer, subjects, concurrency }: SubscriptionOptions,
  { ackWaitMs }: SubscriptionRules,
): Promise<void> {
  await putConsumer(manager, {
    durable_name: consumer,
    filter_subjects: [...subjects, `${REPLAY_SUBJECT}.${consumer}.>`],
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    deliver_policy: DeliverPolicy.All,
    // Bounded here, where the reason is known.
    max_deliver: -1,
    max_ack_pending: concurrency === 1 ? 1 : MOST_UNACKNOWLEDGED,
  });
}

function eventIn(message: JsMsg): CloudEvent {
  try {
    return message.json<CloudEvent>();
  } catch (error) {
    throw new DeadLetterError('malformed', `not JSON: ${(error as Error).message}`);
  }
}
