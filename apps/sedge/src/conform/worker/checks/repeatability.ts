import { setTimeout as sleep } from 'node:timers/promises';
import { failed, passed, type Check } from '../../verdict.js';
import { describeJob } from '../job-text.js';
import type { WorkerBench } from '../worker-bench.js';

const LATER_MS = 1100;

export const repeatability: Check<WorkerBench> = {
  name: 'repeatability',
  played: 'the same work as another job, a second later',
  expected: 'the same artifacts, where the tool declares so',
  async play(bench) {
    await sleep(LATER_MS);
    const ended = await bench.ended(await bench.ask(bench.main));
    if (ended?.state !== 'succeeded') return failed(describeJob(bench, ended), 'whatever worked once must work again');
    const { level } = bench.definition.reproducibility;
    if (!bench.isRepeatable) return passed('it succeeded; the tool promises no equal bytes');
    const difference = await bench.differenceFromGolden(ended);
    if (difference === null) return passed(`the same artifacts (declared: ${level})`);
    return failed(
      difference,
      `keep times, job ids and random numbers out of outputs, or declare reproducibility { level: none } (declared: ${level})`,
    );
  },
};
