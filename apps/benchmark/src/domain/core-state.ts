/** Ticks that a core has spent since the system started. */
export interface CoreTicks {
  total: number;
  /** given to other machines on the same hardware while this one wanted it */
  stolen: number;
}

/** Clock of a core in MHz, from the text of /proc/cpuinfo; null where it does not say. */
export function clockMhzOf(cpuinfo: string, core: number): number | null {
  const block = cpuinfo.split(/\n\s*\n/).find((text) => new RegExp(`^processor\\s*:\\s*${core}\\s*$`, 'm').test(text));
  const clock = /^cpu MHz\s*:\s*([\d.]+)/m.exec(block ?? '')?.[1];
  return clock === undefined ? null : Number(clock);
}

/** Ticks of a core from the text of /proc/stat; null where it has none. */
export function ticksOf(stat: string, core: number): CoreTicks | null {
  const line = new RegExp(`^cpu${core}\\s+(.*)$`, 'm').exec(stat)?.[1];
  if (line === undefined) return null;
  // user nice system idle iowait irq softirq steal; guest time, which follows, is part of user.
  const ticks = line.trim().split(/\s+/).slice(0, 8).map(Number);
  return { total: ticks.reduce((sum, value) => sum + value, 0), stolen: ticks[7] ?? 0 };
}

/** Share of the time between two readings that was stolen; null where nothing passed. */
export function stolenShare(before: CoreTicks | null, after: CoreTicks | null): number | null {
  if (!before || !after || after.total <= before.total) return null;
  return (after.stolen - before.stolen) / (after.total - before.total);
}
