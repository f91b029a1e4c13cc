import { missingServer } from '@sedge/local-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WORKER_CHECKS } from '../../src/conform/worker-checks.js';
import { QUICK_FAULTS, SLOW_FAULTS, WorkerTrial } from './worker-trial.js';

const missing = missingServer('nats-server');

describe.skipIf(missing)(`conform, with a worker outside (${missing ?? 'at a NATS server'})`, () => {
  let trial: WorkerTrial;
  beforeAll(async () => {
    trial = await WorkerTrial.start();
  });
  afterAll(() => trial?.end());

  it('finds nothing wrong with one that keeps the contract', async () => {
    // The others wait for leases and deliveries to run out: test/deep/conform-workers.spec.ts plays them too.
    const quick = new Set(QUICK_FAULTS.map(([, check]) => check));
    const verdicts = await trial.play('none', (check) => quick.has(check));
    expect(verdicts.filter(({ state }) => state !== 'passed')).toEqual([]);
    expect(verdicts.length).toBeGreaterThan(10);
  });

  it.each(QUICK_FAULTS)('finds the fault "%s" by the check %s', (...fault) => trial.expectFound(fault));

  it('has a fault planted for every check', () => {
    const found = new Set([...QUICK_FAULTS, ...SLOW_FAULTS].map(([, check]) => check));
    expect(found).toEqual(new Set(WORKER_CHECKS.map(({ name }) => name)));
  });
});
