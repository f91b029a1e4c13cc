import { randomUUID } from 'node:crypto';
import type { Digest } from '@sedge/artifact-contracts';
import { failed, passed, type Check } from '../../verdict.js';
import { badEnd } from '../good-end.js';
import { Hold } from '../hold.js';
import type { WorkerBench } from '../worker-bench.js';

/** Long enough to take what comes again, and to begin with it. */
const SETTLE_MS = 4000;

export const duplicate: Check<WorkerBench> = {
  name: 'duplicate',
  played:
    'the event of a job twice more while the worker is at it, and twice more when it is done: the same event, and one of another id',
  expected: 'the job is claimed once and its outputs are uploaded once; the other events are acknowledged',
  async play(bench) {
    const { relay, limitMs } = bench.parts;
    const hold = new Hold(relay);
    const job = await bench.ask(bench.main);
    await bench.until(() => hold.isHolding, Math.min(limitMs, SETTLE_MS));
    const from = relay.calls.length;
    await deliverAgain(bench, job);
    hold.release();
    const bad = await badEnd(bench, job, MEND);
    if (bad !== null) return bad;
    await deliverAgain(bench, job);
    await bench.until(async () => (await bench.open()) === 0, SETTLE_MS * 3);
    const calls = relay.calls.slice(from);
    const uploads = calls.filter(({ method, path }) => method === 'POST' && path === '/v1/uploads').length;
    const outputs = Object.keys((await bench.show(job))!.outputs!).length;
    if (uploads > outputs)
      return failed(
        `it uploaded ${uploads} times for ${outputs === 1 ? '1 output' : `${outputs} outputs`}: it did the work again`,
        MEND,
      );
    const claims = relay.about(job, 'claim').filter(({ status }) => status === 200).length;
    if (claims > 1) return failed(`it claimed the job ${claims} times`, MEND);
    const ends = relay.about(job, 'complete', 'fail').length;
    if (ends > 1) return failed(`it ended the job ${ends} times`, MEND);
    return passed('four more events, and the work was done once');
  },
};

async function deliverAgain(bench: WorkerBench, job: Digest): Promise<void> {
  const event = bench.eventOf(job);
  await bench.publish(JSON.stringify(event));
  await bench.publish(JSON.stringify({ ...event, id: randomUUID() }));
}

const MEND =
  "begin nothing before the claim has answered 200; where it answers 409 the job is somebody else's or done: acknowledge the event when GET /v1/jobs/{id} says that it is at its end";
