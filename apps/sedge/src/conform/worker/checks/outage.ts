import { setTimeout as sleep } from 'node:timers/promises';
import { passed, type Check } from '../../verdict.js';
import { badEnd, isUnfit } from '../good-end.js';
import type { WorkerBench } from '../worker-bench.js';

const AWAY_MS = 2000;
/** The broker delivers again what was not acknowledged after ten seconds. */
const AGAIN_MS = 15_000;

export const outage: Check<WorkerBench> = {
  name: 'outage',
  played: 'the stage is away for two seconds just when a job comes: every connection to it is cut',
  expected: 'the worker lives on, and does the job when the stage is there again',
  async play(bench) {
    const { relay, limitMs } = bench.parts;
    relay.intercept = () => 'cut';
    const job = await bench.ask(bench.main);
    await sleep(AWAY_MS);
    relay.calm();
    const mend =
      'take a cut connection, and answers of 500 and above, for something that passes: give the event back with a delay';
    return (
      (await badEnd(bench, job, mend, limitMs + AGAIN_MS)) ??
      (await isUnfit(bench, mend)) ??
      passed('the job was done afterwards')
    );
  },
};
