import { AckPolicy, StorageType, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, nanos } from '@nats-io/transport-node';
import { MAX_EVENT_BYTES, createCloudEvent, type CloudEvent } from '@sedge/event-contracts';
import { NatsServer, freePort, missingServer } from '@sedge/local-servers';
import { CONTRACT_DELAYS_MS, describeEventBus } from '@sedge/ports/contract';
import { SmallDisk, canMount } from '@sedge/test-kit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bury } from '../src/dead-letters.js';
import { NatsBus, STREAMS, type NatsBusOptions } from '../src/index.js';

const missing = missingServer('nats-server');
const SUBJECT = 'sedge.job.requested.training.fit';
let server: NatsServer;

beforeAll(async () => {
  if (missing === null) server = await NatsServer.start();
});
afterAll(() => server?.stop());

async function openBus(more: Partial<NatsBusOptions> = {}): Promise<NatsBus> {
  const { url } = server;
  return NatsBus.open({ url, name: 'test', patienceMs: 10_000, onTrouble: () => undefined, ...more });
}

/** So that the next test begins with a broker that has carried nothing. */
async function clearBroker(): Promise<void> {
  const connection = await connect({ servers: server.url });
  const manager = await jetstreamManager(connection);
  for (const { name } of STREAMS) await manager.streams.delete(name).catch(() => undefined);
  await connection.close();
}

const eventOf = (n: number): CloudEvent =>
  createCloudEvent({
    type: 'sedge.job.requested.v1',
    source: '/services/test',
    subject: 'x',
    data: { n },
    time: new Date(),
  });

describe.skipIf(missing)(`on nats-server (${missing ?? 'there'})`, () => {
  describeEventBus('NatsBus', async () => {
    const bus = await openBus({ redeliveryDelaysMs: CONTRACT_DELAYS_MS });
    const close = async (): Promise<void> => {
      await bus.close();
      await clearBroker();
    };
    return { bus, letters: bus.deadLetters, close };
  });

  describe('NatsBus', () => {
    const buses: NatsBus[] = [];
    const open = async (more: Partial<NatsBusOptions> = {}): Promise<NatsBus> => {
      const bus = await openBus(more);
      buses.push(bus);
      return bus;
    };
    afterEach(async () => {
      await Promise.all(buses.splice(0).map((bus) => bus.close()));
      await clearBroker();
    });
    const options = { consumer: 'test', subjects: ['sedge.job.>'], concurrency: 1 };

    it('keeps what was published for a consumer that comes later', async () => {
      await (await open()).publish(SUBJECT, eventOf(1));
      const seen: unknown[] = [];
      await (await open()).subscribe(options, async ({ data }) => void seen.push(data));
      await expect.poll(() => seen).toEqual([{ n: 1 }]);
    });

    it('moves the stream of progress to disk where an earlier version had made it in memory', async () => {
      const declared = STREAMS.find(({ name }) => name === 'SEDGE_PROGRESS')!;
      const connection = await connect({ servers: server.url });
      const manager = await jetstreamManager(connection);
      await manager.streams.add({ ...declared, storage: StorageType.Memory });
      await open();
      expect((await manager.streams.info(declared.name)).config.storage).toBe(StorageType.File);
      await connection.close();
    });

    it('takes an event that is published twice once', async () => {
      const bus = await open();
      const event = eventOf(1);
      for (let i = 0; i < 3; i++) await bus.publish(SUBJECT, event);
      await bus.publish(SUBJECT, eventOf(2));
      const seen: unknown[] = [];
      await bus.subscribe(options, async ({ data }) => void seen.push(data));
      await expect.poll(() => seen.length).toBeGreaterThan(1);
      expect(seen).toEqual([{ n: 1 }, { n: 2 }]);
    });

    it('shares the events of a consumer among its copies, each to one, in their order', async () => {
      const seen: { by: number; n: number }[] = [];
      const copies = await Promise.all([1, 2, 3].map(() => open()));
      for (const [by, bus] of copies.entries()) {
        await bus.subscribe(options, async ({ data }) => void seen.push({ by, n: (data as { n: number }).n }));
      }
      for (let n = 0; n < 60; n++) await copies[0]!.publish(SUBJECT, eventOf(n));
      await expect.poll(() => seen.length).toBe(60);
      expect(seen.map(({ n }) => n)).toEqual(Array.from({ length: 60 }, (_, n) => n));
      expect(new Set(seen.map(({ by }) => by)).size).toBeGreaterThan(1);
    });

    it('gives an event whose handler fell silent to another copy, and leaves one alone whose handler is at work', async () => {
      const seen: string[] = [];
      const slow = await open({ ackWaitMs: 300 });
      await slow.subscribe(options, async ({ data }) => {
        seen.push(`slow ${(data as { n: number }).n}`);
        await new Promise((resolve) => setTimeout(resolve, 1000));
      });
      await slow.publish(SUBJECT, eventOf(1));
      await expect.poll(() => seen.length).toBe(1);
      const other = await open({ ackWaitMs: 300 });
      await other.subscribe(options, async ({ data }) => void seen.push(`other ${(data as { n: number }).n}`));
      await slow.close();
      buses.splice(buses.indexOf(slow), 1);
      expect(seen).toEqual(['slow 1']);
      // Now one that dies with the event in its hands: its connection is cut without a word.
      const dying = await open({ ackWaitMs: 300 });
      await other.close();
      buses.splice(buses.indexOf(other), 1);
      let isHeld = false;
      await dying.subscribe(options, () => {
        isHeld = true;
        return new Promise(() => undefined);
      });
      await dying.publish(SUBJECT, eventOf(2));
      await expect.poll(() => isHeld).toBe(true);
      const { connection } = dying as unknown as { connection: { close(): Promise<void> } };
      await connection.close();
      buses.splice(buses.indexOf(dying), 1);
      const last = await open({ ackWaitMs: 300 });
      await last.subscribe(options, async ({ data }, { count }) => {
        seen.push(`last ${(data as { n: number }).n} for the ${count}. time`);
      });
      await expect.poll(() => seen, { timeout: 10_000 }).toEqual(['slow 1', 'last 2 for the 2. time']);
    });

    it('goes on when the broker was killed, and loses nothing that it took', async () => {
      const bus = await open();
      const seen = new Set<number>();
      await bus.subscribe(options, async ({ data }) => void seen.add((data as { n: number }).n));
      const publish = async (n: number): Promise<void> => {
        const event = eventOf(n);
        for (;;) {
          const isTaken = await bus.publish(SUBJECT, event).then(
            () => true,
            () => false,
          );
          if (isTaken) return;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      };
      for (let n = 0; n < 20; n++) await publish(n);
      await server.process.kill();
      const during = Array.from({ length: 20 }, (_, n) => publish(20 + n));
      await server.process.start();
      await Promise.all(during);
      const startedAt = Date.now();
      await expect.poll(() => seen.size, { timeout: 20_000 }).toBe(40);
      expect(Date.now() - startedAt).toBeLessThan(10_000);
    });

    it.skipIf(!canMount())('is not ready while a broker whose disk was full stores nothing more', async () => {
      const disk = new SmallDisk(8);
      const small = await NatsServer.start({ folder: disk.path, monitorPort: await freePort() });
      try {
        const bus = await open({ url: small.url });
        await bus.publish(SUBJECT, eventOf(1));
        await bus.ping();
        disk.fill();
        const event = createCloudEvent({ ...eventOf(2), data: { pad: 'x'.repeat(100_000) }, time: new Date() });
        await expect(bus.publish(SUBJECT, event)).rejects.toThrow();
        await expect(bus.ping()).rejects.toThrow(/stored no event since/);
        disk.free();
        await expect(bus.ping()).rejects.toThrow(/stored no event since/);
        expect(await small.process.fault()).toContain('no space left');
        await small.process.stop();
        await small.process.start();
        expect(await small.process.fault()).toBeNull();
        const isReady = (): Promise<boolean> =>
          bus.ping().then(
            () => true,
            () => false,
          );
        await expect.poll(isReady, { timeout: 20_000 }).toBe(true);
      } finally {
        await small.stop();
        disk.remove();
      }
    });

    it('keeps bytes that are no event as a dead letter', async () => {
      const bus = await open();
      await bus.subscribe(options, async () => undefined);
      const connection = await connect({ servers: server.url });
      connection.publish(SUBJECT, Buffer.from([0xff, 0x00, 0x7b]));
      await connection.flush();
      await expect.poll(async () => (await bus.deadLetters.list(10)).length).toBe(1);
      expect((await bus.deadLetters.list(10))[0]).toMatchObject({
        reason: 'malformed',
        subject: SUBJECT,
        consumer: 'test',
      });
      await connection.close();
    });

    it('keeps the beginning of bytes that leave no room for what is known of them, and says so', async () => {
      const bus = await open();
      await bus.subscribe(options, async () => undefined);
      const connection = await connect({ servers: server.url });
      connection.publish(SUBJECT, Buffer.alloc(1 << 20, 'x'));
      await connection.flush();
      await expect.poll(async () => (await bus.deadLetters.list(10)).length).toBe(1);
      const [letter] = await bus.deadLetters.list(10);
      expect(letter).toMatchObject({ reason: 'malformed', subject: SUBJECT });
      expect(letter!.message).toMatch(/not JSON.*of its 1048576 bytes the first \d+ are kept/);
      expect((letter!.event as string).length).toBeGreaterThan(MAX_EVENT_BYTES);
      await connection.close();
    });

    it('keeps one letter of an event whose process died when it had kept it', async () => {
      const connection = await connect({ servers: server.url });
      await open();
      const burial = {
        consumer: 'test',
        subject: SUBJECT,
        reason: 'malformed',
        message: 'no',
        position: 1,
        storedAtNanos: 1,
      };
      for (const deliveries of [7, 8]) {
        await bury(jetstream(connection), Buffer.from('{'), { ...burial, deliveries });
      }
      expect(await (await open()).deadLetters.count()).toBe(1);
      await connection.close();
    });

    it('offers events for as long as it takes, also by the consumer of an earlier version, and says how many are open', async () => {
      const bus = await open();
      const connection = await connect({ servers: server.url });
      const [manager, consumer] = [await jetstreamManager(connection), 'worker-fit'];
      const before = { durable_name: consumer, filter_subject: SUBJECT, ack_policy: AckPolicy.Explicit };
      await manager.consumers.add('SEDGE_EVENTS', { ...before, max_deliver: 1000, ack_wait: nanos(10_000) });
      const opens = (): Promise<number | null> => bus.offer(consumer, SUBJECT);
      expect(await opens()).toBe(0);
      expect((await manager.consumers.info('SEDGE_EVENTS', consumer)).config.max_deliver).toBe(-1);
      await bus.publish(SUBJECT, eventOf(1));
      await expect.poll(opens).toBe(1);
      const taken = await jetstream(connection).consumers.get('SEDGE_EVENTS', consumer);
      (await taken.next())!.nak();
      expect(await opens()).toBe(1);
      const message = (await taken.next())!;
      expect(await opens()).toBe(1);
      await message.ackAck();
      await expect.poll(opens).toBe(0);
      await connection.close();
    });

    it('says what is wrong with a broker that is not there', async () => {
      const url = `nats://127.0.0.1:${await freePort()}`;
      await expect(openBus({ url, patienceMs: 300 })).rejects.toMatchObject({
        code: 'BROKER_UNREACHABLE',
        mend: expect.stringContaining('SEDGE_NATS_URL'),
      });
    });
  });
});
