import { setTimeout as sleep } from 'node:timers/promises';
import { describeOutcome } from '../outcome-text.js';
import { failed, passed, type Check } from '../verdict.js';
import type { Workbench } from '../workbench.js';

/** Clocks that count seconds show another one by then. */
const LATER_MS = 1100;

export const repeatability: Check<Workbench> = {
  name: 'repeatability',
  played: 'the first case once more, a second later and in another folder',
  expected: 'the same bytes, where the tool declares so',
  async play(bench) {
    await sleep(LATER_MS);
    const again = await bench.run(bench.main);
    if (again.outputs === null) return failed(describeOutcome(again), 'whatever worked once must work again');
    const { level } = bench.definition.reproducibility;
    if (!bench.isRepeatable) return passed('it succeeded; the tool promises no equal bytes');
    const difference = await bench.differenceFromGolden(again);
    if (difference === null) return passed(`the same bytes (declared: ${level})`);
    return failed(
      difference,
      `keep times, paths, host names, random numbers and the order of listings out of outputs, or declare reproducibility { level: none } (declared: ${level})`,
    );
  },
};
