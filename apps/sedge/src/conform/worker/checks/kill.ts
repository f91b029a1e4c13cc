import { failed, passed, skipped, type Check } from '../../verdict.js';
import { badEnd } from '../good-end.js';
import { Hold, NEVER_HELD } from '../hold.js';
import type { WorkerBench } from '../worker-bench.js';

/** Until the lease is seen to be over, and the broker delivers again. */
const AGAIN_MS = 30_000;

export const kill: Check<WorkerBench> = {
  name: 'kill',
  played: 'the worker is killed (SIGKILL) in the midst of a job, and started again',
  expected: 'the job is done in its next attempt, with the same result',
  async play(bench) {
    const { relay, worker, limitMs } = bench.parts;
    const hold = new Hold(relay);
    const job = await bench.ask(bench.main);
    if (!(await bench.until(() => hold.isHolding, limitMs))) return skipped(NEVER_HELD);
    await worker.kill();
    hold.release();
    relay.calm();
    worker.start();
    const bad = await badEnd(bench, job, MEND, limitMs + AGAIN_MS);
    if (bad !== null) return bad;
    const { attempts } = (await bench.show(job))!;
    const outcomes = attempts.map(({ outcome }) => outcome).join(', ');
    return outcomes === 'preempted, succeeded'
      ? passed('it was done in the second attempt')
      : failed(`its attempts ended as ${outcomes}`, MEND);
  },
};

const MEND =
  'keep nothing in memory alone that the next process needs: an event that is not acknowledged comes again, and is claimed anew';
