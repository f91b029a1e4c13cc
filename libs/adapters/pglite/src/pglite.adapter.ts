import { EventEmitter } from 'node:events';
import { PGlite } from '@electric-sql/pglite';
import type { Database, ServiceSchema } from '@sedge/ports';
import type pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { prepareCluster } from './cluster-directory.js';
import { SingleConnection } from './single-connection.js';

export interface PgliteOptions {
  /** folder of the cluster; absent: in memory */
  dataDirectory?: string;
  /** where a fresh cluster is kept for the next creation, which then takes a tenth of the time; absent: not kept */
  templateDirectory?: string;
  /** how long a query waits for the connection before it is reported as blocked by a forgotten transaction */
  patienceMs?: number;
  /** called when the database has given up; every query fails from then on, and only another start helps */
  onStopped?: (error: Error) => void;
}

/**
 * Sized for a desktop. The embedded database calls no fsync, whatever its settings: what was committed survives the death of the
 * process, not that of the machine.
 */
const SETTINGS = ['shared_buffers = 16MB', 'max_wal_size = 128MB', 'jit = off', 'autovacuum = off'];

type Lent = (error: Error | undefined, client?: pg.Client, release?: () => void) => void;

/**
 * Embedded PostgreSQL: one per process, with one connection that all data sources take in turn. Whoever opens it must hold the lock
 * of its data directory, because two processes that open one directory both succeed and lose everything.
 */
export class PgliteDatabase implements Database {
  private readonly exclusive = new Map<string, Promise<unknown>>();

  private constructor(
    private readonly cluster: PGlite,
    private readonly connection: SingleConnection,
  ) {}

  static async open(options: PgliteOptions = {}): Promise<PgliteDatabase> {
    const { dataDirectory } = options;
    if (dataDirectory !== undefined) await prepareCluster(dataDirectory, options.templateDirectory);
    const cluster = await PGlite.create({
      ...(dataDirectory !== undefined && { dataDir: dataDirectory }),
      postgresqlconf: SETTINGS,
    });
    const { patienceMs = 30_000, onStopped = () => undefined } = options;
    return new PgliteDatabase(cluster, await SingleConnection.open(cluster, patienceMs, onStopped));
  }

  optionsFor(schema: ServiceSchema): DataSourceOptions {
    return {
      type: 'postgres',
      driver: { Pool: poolOn(this.connection) },
      schema: schema.name,
      entities: schema.entities,
      migrations: schema.migrations,
      migrationsTransactionMode: 'each',
      installExtensions: false,
      synchronize: false,
      logging: false,
      extra: { searchPath: `"${schema.name}"` },
    };
  }

  /** This process has the database alone, so a queue within it will do. */
  exclusively<Result>(schema: string, work: () => Promise<Result>): Promise<Result> {
    const result = (this.exclusive.get(schema) ?? Promise.resolve()).then(work);
    this.exclusive.set(
      schema,
      result.catch(() => undefined),
    );
    return result;
  }

  async ping(): Promise<void> {
    const { client, release } = await this.connection.borrow('public');
    try {
      await client.query('SELECT 1');
    } finally {
      release();
    }
  }

  async close(): Promise<void> {
    await this.connection.close();
    await this.cluster.close();
  }
}

/** What TypeORM expects of the `pg` package: a pool class. Each data source's pool is a turnstile to the one connection. */
function poolOn(connection: SingleConnection) {
  return class TurnstilePool extends EventEmitter {
    private readonly searchPath: string;

    constructor(options: { searchPath: string }) {
      super();
      this.searchPath = options.searchPath;
    }

    connect(lent: Lent): void {
      connection.borrow(this.searchPath).then(
        ({ client, release }) => lent(undefined, client, release),
        (error: Error) => lent(error),
      );
    }

    end(done: () => void): void {
      done();
    }
  };
}
