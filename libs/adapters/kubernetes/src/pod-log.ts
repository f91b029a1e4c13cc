import { setTimeout as sleep } from 'node:timers/promises';
import { LineSplitter } from '@sedge/tool-contracts';
import type { KubernetesApi } from './kubernetes-api.js';
import { CONTAINER } from './tool-job.js';

const AGAIN_AFTER_MS = 500;
/** Once the pod has ended its log is there or is not. */
const LAST_TRIES = 5;

/** Follows what a tool prints, over breaks of the connection, until the tool has ended. Each line comes once. */
export class PodLog {
  /** the last line that came: when it was printed, and how many were at that very time */
  private last: { time: string; count: number } | null = null;
  private failure: string | null = null;
  private hasEnded = false;
  private readonly breaking = new AbortController();
  private readonly following: Promise<void>;

  constructor(
    private readonly api: KubernetesApi,
    private readonly pod: string,
    private readonly onLine: (line: string) => void,
  ) {
    this.following = this.follow();
  }

  /** Reads on to the end, now that the tool has ended. @returns why the end is missing, or null */
  async end(): Promise<string | null> {
    this.hasEnded = true;
    await this.following;
    return this.failure;
  }

  /** Reads no further. */
  close(): void {
    this.hasEnded = true;
    this.breaking.abort();
  }

  private async follow(): Promise<void> {
    for (let lastTries = 0; !this.breaking.signal.aborted;) {
      const isLast = this.hasEnded;
      this.failure = await this.read().then(
        () => null,
        (error: Error) => error.message,
      );
      if (isLast && (this.failure === null || ++lastTries === LAST_TRIES)) return;
      if (!this.hasEnded || this.failure !== null) await sleep(AGAIN_AFTER_MS);
    }
  }

  /** One connection: all lines after the last that came. */
  private async read(): Promise<void> {
    const query = {
      ...{ container: CONTAINER, follow: 'true', timestamps: 'true' },
      ...(this.last && { sinceTime: this.last.time }),
    };
    const { signal } = this.breaking;
    const answer = await this.api.stream({ method: 'GET', path: `v1/pods/${this.pod}/log`, query, signal });
    const isNew = newAfter(this.last);
    const lines = new LineSplitter((line) => {
      const stamped = parse(line);
      if (stamped && isNew(stamped.time)) this.take(stamped);
    });
    // What comes of a line before the connection breaks comes again, whole.
    for await (const bytes of answer) lines.push(bytes as Buffer);
    lines.end();
  }

  private take({ time, text }: StampedLine): void {
    this.last = { time, count: this.last?.time === time ? this.last.count + 1 : 1 };
    if (text !== '') this.onLine(text);
  }
}

interface StampedLine {
  time: string;
  text: string;
}

/** Lines look like `2026-11-26T17:00:00.123456789Z text`. */
function parse(line: string): StampedLine | null {
  const [, time, text] = /^(\d{4}-\d\d-\d\dT\S+) ?(.*)$/s.exec(line) ?? [];
  return time === undefined ? null : { time, text: text! };
}

/** The server gives lines once more that are as old as the last one, or of the same second. */
function newAfter(last: { time: string; count: number } | null): (time: string) => boolean {
  if (last === null) return () => true;
  let [isAgain, left] = [true, last.count];
  return (time) => {
    if (isAgain && comparable(time) < comparable(last.time)) return false;
    if (isAgain && time === last.time && left-- > 0) return false;
    isAgain = false;
    return true;
  };
}

/** A time as text that sorts: the fraction has nine digits. */
function comparable(time: string): string {
  const [, whole, fraction = ''] = /^([^.Z]*)(?:\.(\d*))?/.exec(time)!;
  return `${whole}.${fraction.padEnd(9, '0')}`;
}
