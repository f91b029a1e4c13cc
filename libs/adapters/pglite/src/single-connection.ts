import pg from 'pg';
import type { PGlite } from '@electric-sql/pglite';
import { PgliteStream } from './pglite-stream.js';

export type Release = () => void;

interface Waiter {
  take(): void;
  timer: NodeJS.Timeout;
}

/**
 * The one connection that the embedded PostgreSQL has, lent to one user at a time in the order of asking: whoever has a transaction
 * open keeps it, everyone else waits. So several data sources on it never see each other's transaction.
 */
export class SingleConnection {
  private readonly waiting: Waiter[] = [];
  private isLent = false;
  private searchPath = '';

  private constructor(
    private readonly client: pg.Client,
    private readonly patienceMs: number,
  ) {}

  static async open(
    database: PGlite,
    patienceMs: number,
    onStopped: (error: Error) => void,
  ): Promise<SingleConnection> {
    const client = new pg.Client({
      user: 'postgres',
      database: 'postgres',
      stream: () => new PgliteStream(database) as never,
    });
    client.on('error', onStopped);
    await client.connect();
    return new SingleConnection(client, patienceMs);
  }

  /** @throws Error DATABASE_BUSY when the connection isn't given back for `patienceMs` */
  async borrow(searchPath: string): Promise<{ client: pg.Client; release: Release }> {
    await this.turn();
    if (searchPath !== this.searchPath) {
      await this.client.query(`SET search_path TO ${searchPath}`);
      this.searchPath = searchPath;
    }
    let isReleased = false;
    const release = (): void => {
      if (isReleased) return;
      isReleased = true;
      this.passOn();
    };
    return { client: this.client, release };
  }

  async close(): Promise<void> {
    await this.turn();
    await this.client.end();
  }

  private turn(): Promise<void> {
    if (!this.isLent) {
      this.isLent = true;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        take: () => {
          clearTimeout(waiter.timer);
          resolve();
        },
        timer: setTimeout(() => {
          this.waiting.splice(this.waiting.indexOf(waiter), 1);
          reject(busy(this.patienceMs));
        }, this.patienceMs).unref(),
      };
      this.waiting.push(waiter);
    });
  }

  private passOn(): void {
    const next = this.waiting.shift();
    if (next) next.take();
    else this.isLent = false;
  }
}

function busy(patienceMs: number): Error {
  const message =
    `the embedded database's only connection was not free for ${patienceMs / 1000} s; ` +
    `inside a transaction use its own manager only, and do no input or output there`;
  return Object.assign(new Error(message), { code: 'DATABASE_BUSY' });
}
