/** One item of a plan for which time is estimated. */
export interface PlannedItem {
  durationMs: number;
  /** positions of the items that it waits for, all smaller than its own */
  dependencies: readonly number[];
}

/** How long items take together with a number of them at a time, each starting as soon as it can: list scheduling in the given order. */
export function expectedDurationMs(items: readonly PlannedItem[], atOnce: number): number {
  const ends = new Float64Array(items.length);
  const lanes = new Float64Array(Math.max(1, atOnce));
  let last = 0;
  for (const [index, { durationMs, dependencies }] of items.entries()) {
    let start = 0;
    for (const dependency of dependencies) start = Math.max(start, ends[dependency]!);
    if (durationMs > 0) {
      const lane = lanes.indexOf(Math.min(...lanes));
      start = Math.max(start, lanes[lane]!);
      lanes[lane] = start + durationMs;
    }
    ends[index] = start + durationMs;
    last = Math.max(last, ends[index]!);
  }
  return last;
}
