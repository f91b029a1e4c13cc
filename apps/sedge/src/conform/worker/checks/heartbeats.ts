import { setTimeout as sleep } from 'node:timers/promises';
import { duration } from '../../../output/units.js';
import { failed, passed, skipped, type Check } from '../../verdict.js';
import { badEnd } from '../good-end.js';
import { Hold, NEVER_HELD } from '../hold.js';
import type { WorkerBench } from '../worker-bench.js';

/** How long the worker is held up, in leases. */
const LEASES = 2;

export const heartbeats: Check<WorkerBench> = {
  name: 'heartbeats',
  played: 'a job whose download or upload takes twice as long as its lease',
  expected: 'the worker keeps its lease by heartbeats meanwhile, and the job is done in one attempt',
  async play(bench) {
    const { relay } = bench.parts;
    const hold = new Hold(relay);
    const job = await bench.ask(bench.main);
    if (!(await bench.until(() => hold.isHolding, bench.parts.limitMs))) return skipped(NEVER_HELD);
    await sleep(LEASES * bench.leaseMs);
    const beats = relay.about(job, 'claim', 'heartbeat').filter(({ status }) => status === 200);
    const times = [...beats.map(({ at }) => at), Date.now()];
    const gapMs = Math.max(...times.slice(1).map((at, index) => at - times[index]!));
    hold.release();
    if (gapMs >= bench.leaseMs) {
      const found = beats.length === 1 ? 'it sent no heartbeat' : `it was silent for ${duration(gapMs)}`;
      return failed(`${found}, and a lease lasts ${duration(bench.leaseMs)}`, MEND);
    }
    const bad = await badEnd(bench, job, MEND);
    if (bad !== null) return bad;
    const { attempts } = (await bench.show(job))!;
    if (attempts.length > 1) return failed(`the job took ${attempts.length} attempts: the lease was lost`, MEND);
    return passed(`${beats.length - 1} heartbeats in ${duration(LEASES * bench.leaseMs)}`);
  },
};

const MEND = 'POST /v1/jobs/{id}/heartbeat from a thread of its own, at a third of the time until leaseUntil';
