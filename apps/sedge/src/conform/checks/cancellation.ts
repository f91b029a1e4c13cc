import { duration } from '../../output/units.js';
import { describeOutcome } from '../outcome-text.js';
import { failed, passed, skipped, type Check, type Finding } from '../verdict.js';
import { midway } from '../midway.js';
import type { Attempt, RunningAttempt, Workbench } from '../workbench.js';

export const cancellation: Check<Workbench> = {
  name: 'cancellation',
  played: 'the first case, told to stop in the midst of its work, and then once more',
  expected: 'it ends within its grace time, and the next attempt gives the whole result',
  async play(bench) {
    const running = await bench.begin(bench.main);
    if (!(await midway(bench, running))) return skipped(TOO_SHORT);
    running.cancel();
    const toldAt = performance.now();
    const attempt = await running.ended;
    const tookMs = performance.now() - toldAt;
    return (await judge(bench, attempt, tookMs)) ?? next(bench, running, tookMs);
  },
};

export const TOO_SHORT = 'the work is over before it can be disturbed; give a case that takes longer';

/** @returns null where it ended as it should */
async function judge(bench: Workbench, attempt: Attempt, tookMs: number): Promise<Finding | null> {
  const { graceMs } = bench;
  if (attempt.isHung || tookMs >= graceMs) {
    const found = `it went on for ${duration(tookMs)}, though its grace time is ${duration(graceMs)}`;
    return failed(found, MEND);
  }
  const isWhole = attempt.outcome.status === 'succeeded' || (await bench.isWhole(attempt));
  if (!isWhole) return null;
  const remainingMs = bench.golden!.durationMs - (attempt.durationMs - tookMs);
  // What finishes within the grace time may do so; whether it would have stopped can't be seen.
  return tookMs > remainingMs / 2
    ? skipped(`it finished its work within its grace time of ${duration(graceMs)}; give a case that takes longer`)
    : null;
}

async function next(bench: Workbench, { place }: RunningAttempt, tookMs: number): Promise<Finding> {
  const again = await bench.run(bench.main, { place, number: 2 });
  const mend =
    'what an attempt leaves in scratch must be whole, or be told from what is whole: write to another name, then rename';
  if (again.outputs === null)
    return failed(`stopped after ${duration(tookMs)}; the next attempt: ${describeOutcome(again)}`, mend);
  const difference = bench.isRepeatable ? await bench.differenceFromGolden(again) : null;
  if (difference !== null) return failed(`the attempt after the stopped one gives something else: ${difference}`, mend);
  return passed(`it ended ${duration(tookMs)} after it was told, and the next attempt gave the result`);
}

const MEND =
  'process: end on SIGTERM; built in: watch context.signal; http: end the job at DELETE. What must be done before goes within graceMs of tool.yaml';
