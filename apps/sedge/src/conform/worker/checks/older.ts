import { asOfBefore } from '../../job-event.js';
import { passed, type Check } from '../../verdict.js';
import { badEnd } from '../good-end.js';
import type { WorkerBench } from '../worker-bench.js';

export const older: Check<WorkerBench> = {
  name: 'older',
  played: 'an event as an earlier Sedge published it a day ago: without any of the fields that may be left out',
  expected: 'the job is done',
  async play(bench) {
    const job = await bench.ask(bench.main, { change: asOfBefore });
    const mend =
      'need nothing of an event but what docs/reference/asyncapi.json lists as required, and do not judge by its time';
    return (await badEnd(bench, job, mend)) ?? passed('the job was done');
  },
};
