import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** Of a client, beside what the driver's own has. */
export interface WatchedClientConfig extends pg.ClientConfig {
  /** how long the server may say nothing while it is asked something, before it is asked by another connection whether it works on that */
  doubtAfterMs?: number;
}

const DOUBT_AFTER_MS = 30_000;
/** An answer that is on its way arrives within that. */
const ON_ITS_WAY_MS = 1000;
const CONNECT_TIMEOUT_MS = 5000;

/** `own` tells whether the server's numbers of connections are those that a client is told: behind some poolers they are not. */
const LOOK = `SELECT pg_backend_pid() AS own, (SELECT coalesce(state, 'unknown') FROM pg_stat_activity WHERE pid = $1) AS state`;

/**
 * A connection whose breaking never ends the process, and is noticed. A pool listens to it while it lies idle and TypeORM while it works, but
 * neither in the moment between, when the server's last words may come in one piece with what was waited for. Whoever uses it hears of it by
 * the query. And a statement that was sent to a host which has vanished would wait for a quarter of an hour, until the system gives up: where
 * the server, asked anew, knows nothing of it, the connection is ended.
 */
export class WatchedClient extends pg.Client {
  private isBusy = false;
  private bytesBefore = -1;

  constructor(private readonly config: WatchedClientConfig) {
    super(config);
    this.on('error', () => undefined);
    const query = this.query.bind(this) as (...args: unknown[]) => unknown;
    this.query = ((...args: unknown[]) => {
      this.isBusy = true;
      return query(...args);
    }) as typeof this.query;
    this.on('drain', () => (this.isBusy = false));
    const watch = setInterval(() => void this.look(), config.doubtAfterMs ?? DOUBT_AFTER_MS).unref();
    this.on('end', () => clearInterval(watch));
  }

  /** Ends the connection where nothing came since the last look, and the server does not work on what it was asked. */
  private async look(): Promise<void> {
    const { bytesRead } = this.socket;
    const isSilent = this.isBusy && bytesRead === this.bytesBefore;
    this.bytesBefore = bytesRead;
    if (!isSilent || !(await this.isForgotten().catch(() => false))) return;
    await sleep(ON_ITS_WAY_MS, undefined, { ref: false });
    if (!this.isBusy || this.socket.bytesRead !== bytesRead) return;
    const error = new Error('the server does not know what it was asked: the connection to it is lost');
    this.socket.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
  }

  /** @throws Error where the server can't be asked, which tells nothing */
  private async isForgotten(): Promise<boolean> {
    const other = new pg.Client({ ...this.config, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    other.on('error', () => undefined);
    const giveUp = setTimeout(() => socketOf(other).destroy(), 2 * CONNECT_TIMEOUT_MS).unref();
    try {
      await other.connect();
      const { rows } = await other.query<{ own: number; state: string | null }>(LOOK, [processOf(this)]);
      const { own, state } = rows[0]!;
      return own === processOf(other) && (state === null || state.startsWith('idle'));
    } finally {
      await other.end();
      clearTimeout(giveUp);
    }
  }

  private get socket(): Socket {
    return socketOf(this);
  }
}

const socketOf = (client: pg.Client): Socket =>
  (client as unknown as { connection: { stream: Socket } }).connection.stream;

/** The number by which the server knows a connection. */
const processOf = (client: pg.Client): number => (client as unknown as { processID: number }).processID;
