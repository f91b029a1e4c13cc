import { resolve } from 'node:path';
import { missingServer } from '@sedge/local-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WORKER_CHECKS } from '../../apps/sedge/src/conform/worker-checks.js';
import { SLOW_FAULTS, WorkerTrial } from '../../apps/sedge/test/conform/worker-trial.js';
import { Sandbox } from '../../apps/sedge/test/sandbox.js';

const missing = missingServer('nats-server');
const EXAMPLES = resolve('tools', 'examples');
const SAMPLES = resolve('apps', 'sedge', 'test');

describe.skipIf(missing)(`conform, where leases and deliveries run out (${missing ?? 'at a NATS server'})`, () => {
  let trial: WorkerTrial;
  beforeAll(async () => {
    trial = await WorkerTrial.start();
  });
  afterAll(() => trial?.end());

  it('finds nothing wrong with a worker that keeps the contract, and plays every check', async () => {
    const verdicts = await trial.play('none', () => true);
    expect(verdicts.filter(({ state }) => state !== 'passed')).toEqual([]);
    expect(verdicts.map(({ check }) => check)).toEqual(WORKER_CHECKS.map(({ name }) => name));
  });

  it.each(SLOW_FAULTS)('finds the fault "%s" by the check %s', (...fault) => trial.expectFound(fault));
});

describe('the examples of tools outside', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await Sandbox.create();
  });
  afterAll(() => sandbox.remove());

  it.skipIf(missing)('the worker conforms', async () => {
    const worker = `python3 ${EXAMPLES}/third-parties/worker.py --nats {nats} --stage {stage} --api {api} --tool {tool}`;
    const tool = `${SAMPLES}/server/tools/training/judge-value`;
    const ended = await sandbox.sedge(
      'conform',
      tool,
      '--in',
      `of=${SAMPLES}/conform/small`,
      '--start',
      worker,
      '--lease',
      '3',
    );
    expect(ended.stdout).toMatch(/judge-value@1 conforms: 16 passed, 0 failed, 0 not judged\n$/);
    expect(ended.code).toBe(0);
  });

  it('the server conforms', async () => {
    const server = `python3 ${EXAMPLES}/http-tool/server.py 8765`;
    const given = ['--in', `of=${SAMPLES}/conform/small`, '--set', 'pauseMs=1500'];
    const ended = await sandbox.sedge('conform', `${EXAMPLES}/http-tool`, ...given, '--start', server);
    expect(ended.stdout).toMatch(/sum-values-http@1 conforms: 15 passed, 0 failed, 0 not judged\n$/);
    expect(ended.code).toBe(0);
  });
});
