import { setTimeout as sleep } from 'node:timers/promises';
import { LineSplitter } from '@sedge/tool-contracts';
import type { KubernetesApi } from './kubernetes-api.js';
import { LogOverlap, parseLogLine } from './log-overlap.js';
import { CONTAINER } from './tool-job.js';

const AGAIN_AFTER_MS = 500;
/** Once the pod has ended its log is there or is not. */
const LAST_TRIES = 5;

/** Follows what a tool prints, over breaks of the connection, until the tool has ended. Each line comes once. */
export class PodLog {
  private readonly overlap = new LogOverlap();
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

  /** One connection: all lines from a little before the newest that came. */
  private async read(): Promise<void> {
    const { since } = this.overlap;
    const query = {
      ...{ container: CONTAINER, follow: 'true', timestamps: 'true' },
      ...(since !== null && { sinceTime: since }),
    };
    const { signal } = this.breaking;
    const answer = await this.api.stream({ method: 'GET', path: `v1/pods/${this.pod}/log`, query, signal });
    const isNew = this.overlap.filter();
    const lines = new LineSplitter((text) => {
      const line = parseLogLine(text);
      if (line && isNew(line) && line.text !== '') this.onLine(line.text);
    });
    // What comes of a line before the connection breaks comes again, whole.
    for await (const bytes of answer) lines.push(bytes as Buffer);
    lines.end();
  }
}
