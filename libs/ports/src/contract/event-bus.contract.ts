import { MAX_EVENT_BYTES, createCloudEvent, type CloudEvent } from '@sedge/event-contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeadLetters, KeptLetter } from '../dead-letters.port.js';
import {
  DeadLetterError,
  EventTooLargeError,
  type Delivery,
  type EventBus,
  type SubscriptionOptions,
} from '../event-bus.port.js';
import { LostBackEndError } from '../lost-back-end.js';

/** A bus under test that redelivers twice, after 30 and 60 ms, and its dead letters. */
export interface EventBusHarness {
  bus: EventBus;
  letters: DeadLetters;
  close(): Promise<void>;
}

/** Pauses before the redeliveries of the bus under test. */
export const CONTRACT_DELAYS_MS = [30, 60];

const SUBJECT = 'sedge.job.requested.training.fit';

/** What every `EventBus` must do. @param open gives a bus that has carried nothing yet */
export function describeEventBus(name: string, open: () => Promise<EventBusHarness>): void {
  describe(`${name} as an EventBus`, () => {
    let harness: EventBusHarness;
    let bus: EventBus;
    let count = 0;
    beforeEach(async () => {
      harness = await open();
      bus = harness.bus;
    });
    afterEach(() => harness.close());

    const eventOf = (data: object): CloudEvent => {
      const event = { type: 'sedge.job.requested.v1', source: '/services/test', subject: 'x', data, time: new Date(0) };
      return createCloudEvent(event);
    };
    const eventOfBytes = (bytes: number): CloudEvent => {
      const bare = eventOf({ pad: '' });
      return { ...bare, data: { pad: 'x'.repeat(bytes - Buffer.byteLength(JSON.stringify(bare))) } };
    };
    const wanting = (subjects: string[], more: Partial<SubscriptionOptions> = {}): SubscriptionOptions => ({
      consumer: `contract-${++count}`,
      subjects,
      concurrency: 1,
      ...more,
    });
    const numbersOf = (events: CloudEvent[]): unknown[] => events.map(({ data }) => (data as { n: number }).n);
    const arrived = (events: unknown[], wanted: number): Promise<void> =>
      expect.poll(() => events.length, { timeout: 20_000, interval: 5 }).toBeGreaterThanOrEqual(wanted);
    const lettersOf = async (wanted: number): Promise<KeptLetter[]> => {
      await expect.poll(async () => (await harness.letters.list(100)).length, { timeout: 20_000 }).toBe(wanted);
      return harness.letters.list(100);
    };

    it('brings an event as it was published to every consumer that wants its subject', async () => {
      const [all, jobs, others]: [CloudEvent[], CloudEvent[], CloudEvent[]] = [[], [], []];
      const subjects: string[] = [];
      await bus.subscribe(wanting(['sedge.job.>']), async (event, delivery) => {
        all.push(event);
        subjects.push(delivery.subject);
      });
      await bus.subscribe(wanting(['sedge.tool.>', 'sedge.job.*.training.*']), async (event) => void jobs.push(event));
      await bus.subscribe(wanting(['sedge.job.*.benchmark.*']), async (event) => void others.push(event));
      const event = eventOf({ n: 1, unknown: { list: [1, null, 'ü'] } });
      await bus.publish(SUBJECT, event);
      await arrived(all, 1);
      await arrived(jobs, 1);
      expect([all, jobs, others, subjects]).toEqual([[event], [event], [], [SUBJECT]]);
    });

    it('keeps the order of events for a consumer that handles one at a time', async () => {
      const seen: CloudEvent[] = [];
      let underWay = 0;
      let most = 0;
      await bus.subscribe(wanting(['sedge.job.>']), async (event) => {
        most = Math.max(most, ++underWay);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
        underWay--;
        seen.push(event);
      });
      await Promise.all(Array.from({ length: 50 }, (_, n) => bus.publish(SUBJECT, eventOf({ n }))));
      await arrived(seen, 50);
      expect(numbersOf(seen)).toEqual(Array.from({ length: 50 }, (_, n) => n));
      expect(most).toBe(1);
    });

    it('handles as many at once as a consumer says, and no more', async () => {
      const seen: CloudEvent[] = [];
      let underWay = 0;
      let most = 0;
      await bus.subscribe(wanting(['sedge.job.>'], { concurrency: 4 }), async (event) => {
        most = Math.max(most, ++underWay);
        await new Promise((resolve) => setTimeout(resolve, 20));
        underWay--;
        seen.push(event);
      });
      await Promise.all(Array.from({ length: 40 }, (_, n) => bus.publish(SUBJECT, eventOf({ n }))));
      await arrived(seen, 40);
      expect(most).toBe(4);
    });

    it('brings an event again whose handler failed, later each time, and those behind it wait', async () => {
      const seen: { n: number; count: number; at: number }[] = [];
      await bus.subscribe(wanting(['sedge.job.>']), async (event, delivery: Delivery) => {
        const { n } = event.data as { n: number };
        seen.push({ n, count: delivery.count, at: performance.now() });
        if (n === 0 && delivery.count < 3) throw new Error('not yet');
      });
      await Promise.all([0, 1].map((n) => bus.publish(SUBJECT, eventOf({ n }))));
      await arrived(seen, 4);
      expect(seen.map(({ n, count }) => [n, count])).toEqual([
        [0, 1],
        [0, 2],
        [0, 3],
        [1, 1],
      ]);
      for (const [index, delayMs] of CONTRACT_DELAYS_MS.entries()) {
        expect(seen[index + 1]!.at - seen[index]!.at).toBeGreaterThanOrEqual(delayMs - 5);
      }
      expect(await harness.letters.list(10)).toEqual([]);
    });

    it('keeps an event that fails again and again as a dead letter with the reason, and goes on', async () => {
      const seen: unknown[] = [];
      const options = wanting(['sedge.job.>']);
      await bus.subscribe(options, async (event) => {
        const { n } = event.data as { n: number };
        if (n === 0) throw new Error('never: \n ü');
        seen.push(n);
      });
      const event = eventOf({ n: 0 });
      await Promise.all([bus.publish(SUBJECT, event), bus.publish(SUBJECT, eventOf({ n: 1 }))]);
      await arrived(seen, 1);
      const [letter] = await lettersOf(1);
      const { consumer } = options;
      expect(letter).toMatchObject({ consumer, subject: SUBJECT, event, reason: 'attempts-exhausted', deliveries: 3 });
      expect(letter!.message).toContain('never');
      expect(Math.abs(Date.now() - letter!.keptAt.getTime())).toBeLessThan(60_000);
    });

    it('asks again as long as a back end is away, which says nothing of the event', async () => {
      const seen: [unknown, number][] = [];
      let isAway = true;
      await bus.subscribe(wanting(['sedge.job.>']), async (event, { count }) => {
        const { n } = event.data as { n: number };
        seen.push([n, count]);
        if (isAway) throw new LostBackEndError('database', new Error('the database system is starting up'));
        if (n === 0 && count <= CONTRACT_DELAYS_MS.length) throw new Error('not yet');
      });
      const published = Promise.all([0, 1].map((n) => bus.publish(SUBJECT, eventOf({ n }))));
      // More often than an event is delivered that fails by itself.
      const times = CONTRACT_DELAYS_MS.length + 3;
      await arrived(seen, times);
      expect(seen.slice(0, times)).toEqual(Array(times).fill([0, 1]));
      isAway = false;
      await published;
      // What the event fails by itself is counted from there.
      await expect.poll(() => seen.some(([n]) => n === 1), { timeout: 20_000 }).toBe(true);
      expect(seen.slice(-3)).toEqual([
        [0, 2],
        [0, 3],
        [1, 1],
      ]);
      expect(await harness.letters.list(10)).toEqual([]);
    });

    it('keeps an event that its handler gives up on at once', async () => {
      await bus.subscribe(wanting(['sedge.job.>']), () => Promise.reject(new DeadLetterError('unknown-type', 'what?')));
      await bus.publish(SUBJECT, eventOf({ n: 0 }));
      const [letter] = await lettersOf(1);
      expect(letter).toMatchObject({ reason: 'unknown-type', message: 'what?', deliveries: 1 });
    });

    it('takes events up to a size, and refuses a larger one by its type and size', async () => {
      const seen: unknown[] = [];
      await bus.subscribe(wanting(['sedge.job.>']), async ({ data }) => void seen.push(data));
      const [largest, larger] = [eventOfBytes(MAX_EVENT_BYTES), eventOfBytes(MAX_EVENT_BYTES + 1)];
      await bus.publish(SUBJECT, largest);
      await arrived(seen, 1);
      const refusal = bus.publish(SUBJECT, larger);
      await expect(refusal).rejects.toThrow(EventTooLargeError);
      await expect(refusal).rejects.toThrow(`sedge.job.requested.v1 has ${MAX_EVENT_BYTES + 1} bytes`);
      bus.publishTransient('sedge.job.progress.training.fit', larger);
      await bus.ping();
      expect(seen).toEqual([largest.data]);
    });

    it('keeps the largest event with whatever its handler says as a dead letter, and goes on', async () => {
      const seen: unknown[] = [];
      const event = eventOfBytes(MAX_EVENT_BYTES);
      const words = `half a character \ud83d, none \0, and many: ${'ü€'.repeat(2000)}\ud83d`;
      await bus.subscribe(wanting(['sedge.job.>']), async ({ id, data }) => {
        if (id === event.id) throw new DeadLetterError('invalid-data', words);
        seen.push(data);
      });
      await bus.publish(SUBJECT, event);
      await bus.publish(SUBJECT, eventOf({ n: 1 }));
      await arrived(seen, 1);
      const [letter] = await lettersOf(1);
      expect(letter).toMatchObject({ event, reason: 'invalid-data' });
      expect(letter!.message).toContain('many: ü€ü€');
    });

    it('sends a dead letter again, under the id that it had, or forgets it', async () => {
      const seen: CloudEvent[] = [];
      let isWell = false;
      await bus.subscribe(wanting(['sedge.job.>']), async (event) => {
        if (!isWell) throw new DeadLetterError('invalid-data', 'no');
        seen.push(event);
      });
      const [first, second] = [eventOf({ n: 1 }), eventOf({ n: 2 })];
      for (const event of [first, second]) await bus.publish(SUBJECT, event);
      const letters = await lettersOf(2);
      expect(await harness.letters.count()).toBe(2);
      expect(await harness.letters.find(letters[0]!.id)).toEqual(letters[0]);
      expect(await harness.letters.list(1)).toEqual([letters[0]]);
      expect(await harness.letters.list(10, letters[0]!.id)).toEqual([letters[1]]);
      isWell = true;
      expect(await harness.letters.replay(letters[0]!.id)).toBe(true);
      await arrived(seen, 1);
      expect(seen).toEqual([first]);
      expect(await harness.letters.discard(letters[1]!.id)).toBe(true);
      expect(await harness.letters.list(10)).toEqual([]);
      expect(await harness.letters.count()).toBe(0);
      expect(await harness.letters.discard(letters[1]!.id)).toBe(false);
      expect(await harness.letters.replay(letters[1]!.id)).toBe(false);
      expect(await harness.letters.find('no-such')).toBeNull();
    });

    it('brings what may be dropped to those who listen now', async () => {
      const heard: string[] = [];
      const stop = bus.listen(['sedge.job.progress.*.fit'], (event, subject) => {
        heard.push(`${subject} ${(event.data as { n: number }).n}`);
      });
      await bus.ping();
      bus.publishTransient('sedge.job.progress.training.fit', eventOf({ n: 1 }));
      bus.publishTransient('sedge.job.progress.training.other', eventOf({ n: 2 }));
      await arrived(heard, 1);
      stop();
      await bus.ping();
      bus.publishTransient('sedge.job.progress.training.fit', eventOf({ n: 3 }));
      await bus.ping();
      expect(heard).toEqual(['sedge.job.progress.training.fit 1']);
    });

    it('says how many events each consumer has still to handle', async () => {
      let goOn = (): void => undefined;
      const gate = new Promise<void>((resolve) => (goOn = resolve));
      const [slow, idle] = [wanting(['sedge.job.>']), wanting(['sedge.tool.>'])];
      await bus.subscribe(slow, () => gate);
      await bus.subscribe(idle, async () => undefined);
      const published = [1, 2, 3].map((n) => bus.publish(SUBJECT, eventOf({ n })));
      const pending = async (): Promise<unknown[]> => {
        const all = await bus.pending();
        return [slow, idle].map(({ consumer }) => all.get(consumer));
      };
      await expect.poll(pending, { timeout: 20_000 }).toEqual([3, 0]);
      goOn();
      await Promise.all(published);
      await expect.poll(pending, { timeout: 20_000 }).toEqual([0, 0]);
    });

    it('refuses two subscriptions under one name', async () => {
      const options = wanting(['sedge.job.>']);
      await bus.subscribe(options, async () => undefined);
      await expect(bus.subscribe(options, async () => undefined)).rejects.toThrow(options.consumer);
    });

    it('waits at its end for handlers under way, begins no other, and publishes no more', async () => {
      const log: string[] = [];
      await bus.subscribe(wanting(['sedge.job.>']), async (event) => {
        log.push(`begins ${(event.data as { n: number }).n}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
        log.push('ends');
      });
      for (const n of [1, 2]) void bus.publish(SUBJECT, eventOf({ n })).catch(() => undefined);
      await arrived(log, 1);
      await bus.close();
      expect(log).toEqual(['begins 1', 'ends']);
      await expect(bus.publish(SUBJECT, eventOf({ n: 3 }))).rejects.toThrow();
      await expect(bus.ping()).rejects.toThrow();
    });
  });
}
