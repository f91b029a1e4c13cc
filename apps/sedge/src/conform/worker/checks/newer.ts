import { asOfLater } from '../../job-event.js';
import { passed, type Check } from '../../verdict.js';
import { badEnd } from '../good-end.js';
import type { WorkerBench } from '../worker-bench.js';

const LATER = { isOptional: true, since: 'a later version' };

export const newer: Check<WorkerBench> = {
  name: 'newer',
  played: 'an event, and answers of the stage, with fields that the worker does not know',
  expected: 'the job is done: unknown fields are left alone',
  async play(bench) {
    bench.parts.relay.rewrite = (answer) => ({ ...answer, laterfield: LATER });
    const job = await bench.ask(bench.main, { change: asOfLater });
    const mend =
      'read the fields that are needed and pass over others; no closed schema, no constructor that refuses unknown names';
    return (await badEnd(bench, job, mend)) ?? passed('unknown fields do not matter to it');
  },
};
