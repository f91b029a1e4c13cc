import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningAttempt, Workbench } from './workbench.js';

/**
 * Waits until a part of the time is over that the golden run took.
 * @param share of that time
 * @returns whether the attempt is still under way
 */
export async function midway(bench: Workbench, { ended }: RunningAttempt, share = 0.5): Promise<boolean> {
  const isOver = ended.then(() => false);
  return Promise.race([isOver, sleep(bench.golden!.durationMs * share).then(() => true)]);
}
