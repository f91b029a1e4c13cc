import { setTimeout as sleep } from 'node:timers/promises';
import { isUntrustedServer, type Database, type ServiceSchema } from '@sedge/ports';
import { trusting } from './trusting.js';
import { WatchedClient } from './watched-client.js';
import type pg from 'pg';
import type { DataSourceOptions } from 'typeorm';

export interface PostgresOptions {
  /** postgres://USER:PASSWORD@HOST:PORT/DATABASE, with ?sslmode=verify-full for TLS */
  url: string;
  /** connections that one service of this process may have at once */
  poolSize: number;
  /** names this process in the server's own views */
  applicationName: string;
  /** how long the server may take to answer at the start; it may be starting too */
  patienceMs: number;
  /** PEM file of the authorities that may vouch for the server; null: those of the system */
  caFile?: string | null;
  /** how long the server may say nothing while it is asked something, before that is looked into; 30 s by default */
  doubtAfterMs?: number;
}

const CONNECT_TIMEOUT_MS = 5000;
const RETRY_MS = 250;
/**
 * By these the server gives the locks of a process back that stands still in a transaction, or vanished without a word. The address may set
 * them otherwise.
 */
const SESSION_SETTINGS = [
  '-c idle_in_transaction_session_timeout=20s',
  '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3',
];
/** So is a server that vanished known here. */
const KEEP_ALIVE = { keepAlive: true, keepAliveInitialDelayMillis: 10_000 };

/** The server can't be used as it is named. */
export class DatabaseUnreachableError extends Error {
  readonly code = 'DATABASE_UNREACHABLE';
  readonly mend: string;

  constructor(url: string, cause: Error) {
    super(`PostgreSQL at ${withoutSecret(url)} can't be used: ${cause.message}`, { cause });
    this.name = 'DatabaseUnreachableError';
    this.mend = isUntrustedServer(cause)
      ? 'name the file of the authority that vouches for the server: SEDGE_CA_FILE'
      : 'start PostgreSQL, or correct SEDGE_DATABASE_URL';
  }
}

/** A PostgreSQL server: many processes, many connections. */
export class PostgresDatabase implements Database {
  /**
   * @param options their url names the authorities too
   * @param settings of every session, as options of the server's command line
   */
  private constructor(
    private readonly options: PostgresOptions,
    private readonly settings: string,
  ) {}

  /** @throws DatabaseUnreachableError */
  static async open(options: PostgresOptions): Promise<PostgresDatabase> {
    const { url, given } = withoutOptions(trusting(options.url, options.caFile ?? null));
    // Of a setting that is named twice, the last counts.
    const database = new PostgresDatabase({ ...options, url }, [...SESSION_SETTINGS, given].join(' '));
    for (const deadline = Date.now() + options.patienceMs; ; await sleep(RETRY_MS)) {
      try {
        await database.ping();
        return database;
      } catch (error) {
        if (isRefusal(error) || Date.now() > deadline) throw new DatabaseUnreachableError(options.url, error as Error);
      }
    }
  }

  optionsFor(schema: ServiceSchema): DataSourceOptions {
    const { url, poolSize, applicationName } = this.options;
    return {
      type: 'postgres',
      url,
      schema: schema.name,
      entities: schema.entities,
      migrations: schema.migrations,
      migrationsTransactionMode: 'each',
      installExtensions: false,
      synchronize: false,
      logging: false,
      applicationName,
      poolSize,
      connectTimeoutMS: CONNECT_TIMEOUT_MS,
      // TypeORM's driver notes an error of an idle connection and goes on; the pool makes another one.
      extra: {
        options: `${this.settings} -c search_path="${schema.name}"`,
        ...KEEP_ALIVE,
        doubtAfterMs: this.options.doubtAfterMs,
        Client: WatchedClient,
      },
    };
  }

  /** The lock is a session's: a process that dies gives it back. */
  async exclusively<Result>(schema: string, work: () => Promise<Result>): Promise<Result> {
    return this.withClient(async (client) => {
      await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [`sedge schema ${schema}`]);
      return work();
    });
  }

  async ping(): Promise<void> {
    await this.withClient((client) => client.query('SELECT 1'));
  }

  /** Each service closes its own connections. */
  async close(): Promise<void> {}

  private async withClient<Result>(use: (client: pg.Client) => Promise<Result>): Promise<Result> {
    const { url, applicationName } = this.options;
    const client = new WatchedClient({
      connectionString: url,
      application_name: applicationName,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      options: this.settings,
      doubtAfterMs: this.options.doubtAfterMs,
      ...KEEP_ALIVE,
    });
    try {
      await client.connect();
      return await use(client);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** Takes the address's own settings of the session out of it: the driver would let them replace ours as a whole. */
function withoutOptions(url: string): { url: string; given: string } {
  const given = URL.canParse(url) ? new URL(url).searchParams.get('options') : null;
  if (given === null) return { url, given: '' };
  const address = new URL(url);
  address.searchParams.delete('options');
  return { url: address.toString(), given };
}

/** SQLSTATE classes 28 (who are you?) and 3D (no such database): waiting helps nobody. */
function isRefusal(error: unknown): boolean {
  return isUntrustedServer(error) || /^(28|3D)/.test(String((error as { code?: unknown }).code ?? ''));
}

function withoutSecret(url: string): string {
  if (!URL.canParse(url)) return 'an address that is none';
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port || '5432'}${pathname}`;
}
