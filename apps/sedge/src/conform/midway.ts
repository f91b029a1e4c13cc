import { setTimeout as sleep } from 'node:timers/promises';
import type { ToolLine } from '@sedge/tool-contracts';
import type { RunningAttempt, Workbench } from './workbench.js';

/** Fewer lines of progress than this say too little about where a tool is. */
const ENOUGH_LINES = 4;

/**
 * Waits until a part of the work is done: by the progress that the golden run told, else by the time that it took.
 * @param share of the work
 * @returns whether the attempt is still under way
 */
export async function midway(bench: Workbench, running: RunningAttempt, share = 0.5): Promise<boolean> {
  const { lines, durationMs } = bench.golden!;
  const count = progressIn(lines);
  const isThere =
    count < ENOUGH_LINES
      ? running.begun.then(() => sleep(durationMs * share))
      : running.heard((heard) => progressIn(heard) >= Math.floor(count * share));
  return Promise.race([running.ended.then(() => false), isThere.then(() => true)]);
}

const progressIn = (lines: readonly ToolLine[]): number => lines.filter(({ type }) => type === 'progress').length;
