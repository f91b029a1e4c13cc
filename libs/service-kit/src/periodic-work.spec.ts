import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { PeriodicWork } from './periodic-work.js';

let work: PeriodicWork;
afterEach(() => work.stop());

describe('periodic work', () => {
  it('is done again after a failure, of which is told', async () => {
    const failures: string[] = [];
    let times = 0;
    work = new PeriodicWork(
      async () => {
        times++;
        await sleep(0);
        throw new Error(`time ${times}`);
      },
      (reason) => failures.push(reason),
    );
    work.start(1);
    await expect.poll(() => failures.length).toBeGreaterThan(2);
    expect(failures.slice(0, 2)).toEqual(['time 1', 'time 2']);
  });

  it('is never done twice at once, and ends what is under way before it stops', async () => {
    const atOnce: number[] = [];
    let running = 0;
    work = new PeriodicWork(
      async () => {
        atOnce.push(++running);
        await sleep(20);
        running--;
      },
      () => undefined,
    );
    work.start(1);
    await Promise.all([work.now(), work.now()]);
    await expect.poll(() => running).toBe(1);
    await work.stop();
    expect(running).toBe(0);
    const times = atOnce.length;
    await sleep(20);
    expect(atOnce).toEqual(Array.from({ length: times }, () => 1));
  });
});
