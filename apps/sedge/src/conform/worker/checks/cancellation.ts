import { duration } from '../../../output/units.js';
import { failed, passed, skipped, type Check } from '../../verdict.js';
import { isUnfit } from '../good-end.js';
import { Hold, NEVER_HELD } from '../hold.js';
import { describeJob } from '../job-text.js';
import type { WorkerBench } from '../worker-bench.js';

export const cancellation: Check<WorkerBench> = {
  name: 'cancellation',
  played:
    'the last run that waits for a job leaves while the worker is at it: the answer to a heartbeat says isCancelRequested',
  expected: 'the worker ends the attempt by /fail within its grace time, completes nothing, and does the next job',
  async play(bench) {
    const { relay, limitMs } = bench.parts;
    const hold = new Hold(relay);
    const job = await bench.ask(bench.main);
    if (!(await bench.until(() => hold.isHolding, limitMs))) return skipped(NEVER_HELD);
    await bench.leave(job);
    const isTold = (): boolean =>
      relay.about(job, 'heartbeat').some(({ answer }) => answer['isCancelRequested'] === true);
    const wasTold = await bench.until(isTold, 2 * bench.leaseMs);
    hold.release();
    if (!wasTold)
      return failed(
        'it was never told, since it sent no heartbeat',
        'heartbeats are how a worker hears of it: see the check heartbeats',
      );
    const ended = await bench.ended(job, bench.graceMs + bench.leaseMs);
    if (relay.about(job, 'complete').length > 0 || ended?.state === 'succeeded')
      return failed('it completed the job after it was told that nobody waits for it', MEND);
    if (ended?.state !== 'cancelled')
      return failed(`${duration(bench.graceMs + bench.leaseMs)} after it was told: ${describeJob(bench, ended)}`, MEND);
    return (await isUnfit(bench, MEND)) ?? passed('it gave the job up');
  },
};

const MEND =
  'where a heartbeat answers isCancelRequested: true, stop the work and POST /v1/jobs/{id}/fail; look once more before /complete';
