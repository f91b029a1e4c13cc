import { setTimeout as sleep } from 'node:timers/promises';
import { failed, passed, skipped, type Check, type Finding } from '../../verdict.js';
import { isUnfit } from '../good-end.js';
import { Hold, NEVER_HELD } from '../hold.js';
import type { Call } from '../relay.js';
import type { WorkerBench } from '../worker-bench.js';

/** How long the stage may take to see that a worker is silent, beyond the lease. */
const NOTICED_MS = 12_000;
/** The other worker keeps its lease, on a slow machine too. */
const BEATS_PER_LEASE = 3;
/** A completion may be tried again where its answer got lost; one that is refused is refused for good. */
const MOST_ENDS = 3;

export const lostLease: Check<WorkerBench> = {
  name: 'lost-lease',
  played:
    'the stage is out of reach for longer than the lease, another worker takes the job; then the stage can be reached again and answers 409',
  expected:
    'the worker lets go of the job: its result is not committed, it completes nothing once it was told, uses no token but its own, and does the next job',
  async play(bench) {
    const { relay, limitMs } = bench.parts;
    const hold = new Hold(relay);
    const job = await bench.ask(bench.main);
    if (!(await bench.until(() => hold.isHolding, limitMs))) return skipped(NEVER_HELD);
    hold.answer = ({ job: about }) => (about?.id === job ? 'cut' : null);
    let rival: Record<string, unknown> = {};
    const isTaken = await bench.until(async () => {
      rival = await bench.call(job, 'claim', { worker: 'rival' });
      return rival['status'] === 200;
    }, bench.leaseMs + NOTICED_MS);
    if (!isTaken) throw new Error('the stage did not give the job to another worker');
    hold.answer = () => null;
    const { attempt, token } = rival;
    const beat = (): Promise<unknown> => bench.call(job, 'heartbeat', { attempt, token }).catch(() => null);
    const beats = setInterval(() => void beat(), bench.leaseMs / BEATS_PER_LEASE);
    let toldAt: number | null = null;
    try {
      const isTold = (): boolean => relay.about(job, 'heartbeat').some(({ status }) => status === 409);
      if (await bench.until(isTold, bench.leaseMs)) toldAt = Date.now();
      hold.release();
      await sleep(Math.min(bench.graceMs, SETTLE_MS));
    } finally {
      clearInterval(beats);
    }
    await bench.call(job, 'complete', { attempt, token, outputs: bench.golden!.outputs, durationMs: 1 });
    return (await judge(bench, job, toldAt)) ?? (await isUnfit(bench, MEND)) ?? passed('it let go of the job');
  },
};

const SETTLE_MS = 3000;

async function judge(bench: WorkerBench, job: string, toldAt: number | null): Promise<Finding | null> {
  const { relay, worker } = bench.parts;
  const ends = relay.about(job, 'complete', 'fail');
  const strange = relay
    .about(job, 'heartbeat', 'complete', 'fail')
    .find((call) => !isOwn(relay.about(job, 'claim'), call));
  if (strange !== undefined)
    return failed(
      `it sent ${strange.job!.verb} with an attempt and a token that no claim of its own gave it`,
      'send the attempt and the token as the claim answered them',
    );
  const late =
    toldAt === null ? undefined : ends.find(({ job: about, at }) => about!.verb === 'complete' && at >= toldAt);
  if (late !== undefined) return failed('it tried to complete the job after a heartbeat had answered 409', MEND);
  if (ends.length > MOST_ENDS) return failed(`it tried ${ends.length} times to end an attempt that is over`, MEND);
  const ended = await bench.show(job as never);
  const last = ended?.attempts.at(-1);
  if (ended?.state !== 'succeeded' || last?.worker !== 'external:rival')
    return failed(
      `the job ended as ${ended?.state} by ${last?.worker}: the result of the other worker should stand`,
      MEND,
    );
  return worker.isAlive ? null : failed(`the worker ended: ${worker.lastWords}`, MEND);
}

const isOwn = (claims: readonly Call[], { body }: Call): boolean =>
  claims.some(({ answer }) => answer['token'] === body['token'] && answer['attempt'] === body['attempt']);

const MEND =
  "409 JOB_ATTEMPT_STALE means that the job is another worker's: stop the work, send nothing more about it, and go on to the next event";
