import { failed, passed, type Check } from '../../verdict.js';
import { badEnd } from '../good-end.js';
import type { WorkerBench } from '../worker-bench.js';

/** The broker delivers again what was not acknowledged after ten seconds. */
const AGAIN_MS = 15_000;

export const reordered: Check<WorkerBench> = {
  name: 'reordered',
  played:
    'an event that reaches the worker before the stage has heard of the job: the first claim is answered 404 JOB_UNKNOWN',
  expected: 'the worker gives the event back, and does the job when it comes again',
  async play(bench) {
    const { relay, limitMs } = bench.parts;
    let isEarly = true;
    relay.intercept = ({ job }) => {
      if (job?.verb !== 'claim' || !isEarly) return 'pass';
      isEarly = false;
      return { status: 404, body: { code: 'JOB_UNKNOWN', message: 'no stage of this process has the job' } };
    };
    const job = await bench.ask(bench.main);
    const bad = await badEnd(bench, job, MEND, limitMs + AGAIN_MS);
    if (bad !== null) return bad;
    return isEarly ? failed('it never claimed the job', MEND) : passed('the event came again, and the job was done');
  },
};

const MEND =
  'acknowledge an event only when GET /v1/jobs/{id} says that the job is at its end; else send -NAK with a delay';
