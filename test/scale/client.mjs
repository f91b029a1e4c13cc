// Asks a stage for jobs over the broker and hears how they end, as anybody could who has read the AsyncAPI document.
import { randomUUID } from 'node:crypto';
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { jobIdOf } from '@sedge/tool-contracts';

const STREAM = 'SEDGE_EVENTS';
/** Ten thousand requests at once wait for the broker, which has the stage's events to take at the same time. */
const PUBLISH_TIMEOUT_MS = 120_000;

export class ScaleClient {
  #waiting = new Map();
  /** when each job was first said to have been started, and to have succeeded, in ms */
  started = new Map();
  succeeded = new Map();

  static async open(broker) {
    const client = new ScaleClient();
    client.connection = await connect({ ...broker, maxReconnectAttempts: -1 });
    client.manager = await jetstreamManager(client.connection);
    client.jetstream = jetstream(client.connection);
    client.tool = await client.#findTool();
    await client.#listen();
    return client;
  }

  /** @returns a promise of the job's end */
  ask(number, waitMs) {
    const { definition, digest } = this.tool;
    const { name, version, stage } = definition;
    const parameters = { waitMs, number };
    const job = jobIdOf({ tool: digest, parameters, inputs: {}, machine: {} });
    const tool = { name, version, stage, digest };
    const data = { job, tool, parameters, inputs: {}, machine: {}, run: 'scale', again: false };
    const type = 'sedge.job.requested.v1';
    const event = { specversion: '1.0', id: randomUUID(), source: '/services/workflow', type, subject: job };
    const envelope = { ...event, time: new Date().toISOString(), datacontenttype: 'application/json', data };
    const ended = new Promise((resolve) => this.#waiting.set(job, resolve));
    const published = this.jetstream.publish(`sedge.job.requested.${stage}.${name}`, JSON.stringify(envelope), {
      msgID: event.id,
      timeout: PUBLISH_TIMEOUT_MS,
    });
    return Promise.all([ended, published]);
  }

  async close() {
    await this.connection.close();
  }

  async #findTool() {
    for (;;) {
      const query = { last_by_subj: 'sedge.tool.registered.scale.wait' };
      const message = await this.manager.streams.getMessage(STREAM, query).catch(() => null);
      if (message) return message.json().data.tool;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async #listen() {
    const note = (kind) => (_, message) => {
      const { subject } = message.json();
      if (!this[kind].has(subject)) this[kind].set(subject, performance.now());
      if (kind !== 'succeeded') return;
      this.#waiting.get(subject)?.();
      this.#waiting.delete(subject);
    };
    for (const kind of ['started', 'succeeded']) {
      this.connection.subscribe(`sedge.job.${kind}.scale.>`, { callback: note(kind) });
    }
    await this.connection.flush();
  }
}

/** Makes a stream and a durable consumer of their own, which nothing of ours knows. */
export async function prepareBare(client) {
  await client.manager.streams.add({ name: 'BARE', subjects: ['bare.>'] });
  const config = { durable_name: 'bare', ack_policy: AckPolicy.Explicit, deliver_policy: DeliverPolicy.All };
  await client.manager.consumers.add('BARE', config);
}

/** Publishes events and hears of each by the durable consumer, one after the other. @returns ms of each */
export async function bareRoundTrips(client, count) {
  const consumer = await client.jetstream.consumers.get('BARE', 'bare');
  const messages = await consumer.consume();
  const arriving = messages[Symbol.asyncIterator]();
  const times = [];
  const body = 'x'.repeat(700);
  for (let n = 0; n < count; n++) {
    const startedAt = performance.now();
    await client.jetstream.publish('bare.one', body);
    const { value } = await arriving.next();
    value.ack();
    times.push(performance.now() - startedAt);
  }
  messages.stop();
  return times;
}

/** Events published and handled per second without anything else. */
export async function bareThroughput(client, count) {
  const consumer = await client.jetstream.consumers.get('BARE', 'bare');
  const body = 'x'.repeat(700);
  const startedAt = performance.now();
  const messages = await consumer.consume({ max_messages: 500 });
  const publishing = (async () => {
    for (let sent = 0; sent < count; sent += 200) {
      await Promise.all(
        Array.from({ length: Math.min(200, count - sent) }, () => client.jetstream.publish('bare.many', body)),
      );
    }
  })();
  let seen = 0;
  for await (const message of messages) {
    message.ack();
    if (++seen === count) break;
  }
  await publishing;
  return count / ((performance.now() - startedAt) / 1000);
}
