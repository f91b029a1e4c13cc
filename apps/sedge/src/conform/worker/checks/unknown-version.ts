import { setTimeout as sleep } from 'node:timers/promises';
import { digestOfJson } from '@sedge/artifact-contracts';
import { failed, passed, type Check } from '../../verdict.js';
import { isUnfit } from '../good-end.js';
import type { WorkerBench } from '../worker-bench.js';

const SETTLE_MS = 1500;

export const unknownVersion: Check<WorkerBench> = {
  name: 'unknown-version',
  played: 'an event of the type sedge.job.requested.v2, which is for readers yet to come',
  expected: 'the worker does nothing with it, and goes on with the next event',
  async play(bench) {
    const id = digestOfJson({ conform: 'a job of a later version' });
    const event = { ...bench.eventOf(bench.golden!.id), id, type: 'sedge.job.requested.v2', subject: id };
    await bench.publish(JSON.stringify(event));
    await sleep(SETTLE_MS);
    const mend = 'look at type before anything else of an event, and end (+TERM) what is of another major version';
    const calls = bench.parts.relay.about(id);
    if (calls.length > 0)
      return failed(`it asked the stage for the job of that event: ${calls[0]!.method} ${calls[0]!.path}`, mend);
    return (await isUnfit(bench, mend)) ?? passed('it was passed over');
  },
};
