import { passed, type Check } from '../../verdict.js';
import { badEnd } from '../good-end.js';
import type { AskedEvent, WorkerBench } from '../worker-bench.js';

const DAY_MS = 24 * 3600 * 1000;

export const older: Check<WorkerBench> = {
  name: 'older',
  played: 'an event as an earlier Sedge published it a day ago: without any of the fields that may be left out',
  expected: 'the job is done',
  async play(bench) {
    const job = await bench.ask(bench.main, { change: asBefore });
    const mend =
      'need nothing of an event but what docs/reference/asyncapi.json lists as required, and do not judge by its time';
    return (await badEnd(bench, job, mend)) ?? passed('the job was done');
  },
};

function asBefore({
  dataschema: _,
  correlationid: __,
  causationid: ___,
  traceparent: ____,
  ...event
}: AskedEvent): object {
  return { ...event, time: new Date(Date.now() - DAY_MS).toISOString() };
}
