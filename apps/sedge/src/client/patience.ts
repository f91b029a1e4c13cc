import { setTimeout as pause } from 'node:timers/promises';
import type { ServerAwayError } from './server-away.js';

/** Growing pauses, the last of which is repeated. */
const PAUSES_MS = [200, 500, 1000, 2000, 4000, 8000];
const PATIENCE_MS = 60_000;

/** How long a command waits for a server that is away: a restart and a rolling upgrade take seconds. */
export class Patience {
  private failures = 0;
  private sinceMs = 0;

  /**
   * @param note told once when the server is found away
   * @param lastsMs how long it may be away
   */
  constructor(
    private readonly signal: AbortSignal,
    private readonly note: (text: string) => void,
    private readonly lastsMs = PATIENCE_MS,
  ) {}

  /** The server has answered. */
  renew(): void {
    this.failures = 0;
  }

  /** Pauses, if there is time left. @returns whether to try again @throws what the signal was aborted with */
  async wait({ message }: ServerAwayError): Promise<boolean> {
    if (this.failures === 0) {
      this.sinceMs = Date.now();
      this.note(`The server does not answer: ${message}. Trying again for ${this.lastsMs / 1000} s …`);
    }
    const leftMs = this.sinceMs + this.lastsMs - Date.now();
    if (leftMs <= 0) return false;
    const pauseMs = PAUSES_MS[Math.min(this.failures++, PAUSES_MS.length - 1)]!;
    await pause(Math.min(pauseMs, leftMs), undefined, { signal: this.signal });
    return true;
  }
}
