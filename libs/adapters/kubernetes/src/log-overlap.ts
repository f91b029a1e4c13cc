/** A line of a container's log, and when it was printed, in ns since 1970. */
export interface LogLine {
  time: bigint;
  text: string;
}

const NS_PER_MS = 1_000_000n;
/** The two outputs of a program are stamped apart, so that lines may come a little out of the order of their times. */
const OVERLAP_NS = 2000n * NS_PER_MS;
const FRACTION_DIGITS = 9;

/** Reads a line as `2026-11-26T17:00:00.123456789Z text`, or with an offset in place of Z. @returns null where it is none */
export function parseLogLine(line: string): LogLine | null {
  const [, whole, fraction = '', zone, text] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)(?: (.*))?$/s.exec(line) ?? [];
  const ms = Date.parse(`${whole}${zone}`);
  if (Number.isNaN(ms)) return null;
  return { time: BigInt(ms) * NS_PER_MS + BigInt(fraction.padEnd(FRACTION_DIGITS, '0')), text: text ?? '' };
}

/**
 * Tells the lines of a log that came before from new ones when the log is read again from a little earlier. Lines are known by their time and
 * text, and counted, since a program may print the same line twice at one time.
 */
export class LogOverlap {
  private newest: bigint | null = null;
  /** how often each line came that is as new as the next reading's first */
  private readonly recent = new Map<string, { time: bigint; count: number }>();
  private pruneAt = 1000;

  /** from when to read, in ISO 8601, or null for all */
  get since(): string | null {
    return this.newest === null ? null : new Date(Number(this.start(this.newest))).toISOString();
  }

  /** A filter for one reading. */
  filter(): (line: LogLine) => boolean {
    const from = this.newest === null ? null : this.start(this.newest) * NS_PER_MS;
    const again = new Map([...this.recent].map(([key, { count }]) => [key, count]));
    return (line) => {
      // A server may know seconds only, and begin before what was asked for.
      if (from !== null && line.time < from) return false;
      const key = `${line.time} ${line.text}`;
      const left = again.get(key) ?? 0;
      if (left > 0) again.set(key, left - 1);
      else this.note(line, key);
      return left === 0;
    };
  }

  private note({ time }: LogLine, key: string): void {
    const known = this.recent.get(key);
    if (known) known.count++;
    else this.recent.set(key, { time, count: 1 });
    if (this.newest === null || time > this.newest) this.newest = time;
    if (this.recent.size > this.pruneAt) this.prune(this.start(this.newest) * NS_PER_MS);
  }

  private prune(from: bigint): void {
    for (const [key, { time }] of this.recent) if (time < from) this.recent.delete(key);
    this.pruneAt = Math.max(1000, 2 * this.recent.size);
  }

  /** @returns where a reading begins, in whole ms */
  private start(newest: bigint): bigint {
    return (newest - OVERLAP_NS) / NS_PER_MS;
  }
}
