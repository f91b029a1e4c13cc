// Events that the broker still holds come again, as if it had forgotten that it had delivered them.
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { between, shuffled } from './random.mjs';

const STREAM = 'SEDGE_EVENTS';
const PAGE = 256;
const LOOK_MS = 300;

/** Some events of long ago. @returns how many */
export function replaySome(cluster, random, count) {
  return withStream(cluster, async ({ connection, manager, state }) => {
    if (state.messages === 0) return;
    for (let n = 0; n < count; n++) {
      const seq = between(random, state.first_seq, state.last_seq);
      const message = await manager.streams.getMessage(STREAM, { seq }).catch(() => null);
      if (message) connection.publish(message.subject, message.data);
    }
    await connection.flush();
  });
}

/**
 * All of them, in another order: what a consumer sees whose position was lost with the disk that held it. Then once more, so that what a
 * delivery too many makes is made twice.
 * @returns how many there are
 */
export function replayAll(cluster, random) {
  return withStream(cluster, async ({ connection, manager, state }) => {
    const messages = await messagesOf(manager, state);
    for (let time = 1; time <= 2; time++) {
      for (const [n, { subject, data }] of shuffled(random, messages).entries()) {
        connection.publish(subject, data);
        if (n % PAGE === 0) await connection.flush();
      }
      await connection.flush();
    }
    return messages.length;
  });
}

/** What the broker holds, as events. One that came several times stands there as often. */
export function heldEvents(cluster) {
  return withStream(cluster, async ({ manager, state }) =>
    (await messagesOf(manager, state)).map((message) => message.json()),
  );
}

/** One that was removed meanwhile is passed over; a broker that does not answer is an error, since nothing read would be nothing found. */
async function messagesOf(manager, state) {
  const messages = [];
  for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq++) {
    const message = await manager.streams.getMessage(STREAM, { seq });
    if (message) messages.push(message);
  }
  return messages;
}

/** Resolves when every consumer has handled all that there is. @throws Error when they have not after so long */
export function untilHandled(cluster, timeoutMs) {
  return withStream(cluster, async ({ manager }) => {
    for (const deadline = Date.now() + timeoutMs; ; await sleep(LOOK_MS)) {
      const waiting = [];
      for await (const { name, num_pending: pending, num_ack_pending: out } of manager.consumers.list(STREAM))
        if (pending + out > 0) waiting.push(`${name} ${pending + out}`);
      if (waiting.length === 0) return;
      if (Date.now() > deadline)
        throw new Error(`events are not handled after ${timeoutMs / 1000} s: ${waiting.join(', ')}`);
    }
  });
}

async function withStream(cluster, work) {
  const connection = await connect(cluster.brokerOptions());
  try {
    const manager = await jetstreamManager(connection);
    const { state } = await manager.streams.info(STREAM);
    return await work({ connection, manager, state });
  } finally {
    await connection.close();
  }
}
