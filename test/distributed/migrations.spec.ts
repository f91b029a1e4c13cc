import { join, resolve } from 'node:path';
import type { Type } from '@nestjs/common';
import { provisionServices, urlFor } from '@sedge/adapter-postgres';
import { readSettings, startProcess } from '@sedge/composition';
import { NatsServer, PostgresServer, missingServer } from '@sedge/local-servers';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildProgram, makeFolder, until } from '../../apps/sedge/test/server/sedge-process.js';
import { ServiceProcess } from '../../tools/dev/distributed/service-process.mjs';
import { stages } from '../../tools/dev/stages.mjs';

const missing = missingServer('nats-server', 'postgres');

interface Column {
  table: string;
  name: string;
  type: string;
  /** whether the database gives it its value */
  isGenerated: boolean;
}

type Row = Record<string, unknown>;

/** Values of columns that take only some; every other text is the same, so that rows which refer to each other do. */
const CHOSEN: Record<string, string | number> = {
  // whole milliseconds, whatever the type
  duration_ms: 5,
  state: 'running',
  mode: 'run',
  outcome: 'succeeded',
  'run_command.name': 'retry',
};
const VALUES: Record<string, unknown> = {
  text: 'x',
  uuid: '7d444840-9dc0-11d1-b245-5ffdce74fad2',
  jsonb: '{"a": 1}',
  'text[]': '{x}',
  integer: 1,
  bigint: 1,
  boolean: true,
  'double precision': 0.5,
  'timestamp with time zone': '2026-01-01T00:00:00Z',
};

/** What a schema holds: its columns, indexes and constraints, as PostgreSQL says them. */
const SHAPE = `
  SELECT 'column' AS what, c.relname AS of, a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
    || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') AS text
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL SELECT 'index', tablename, indexdef FROM pg_indexes WHERE schemaname = current_schema()
  UNION ALL SELECT 'constraint', conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = current_schema()::regnamespace
  UNION ALL SELECT 'sequence', relname, '' FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'S'
  ORDER BY 1, 2, 3`;

const COLUMNS = `
  SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
    coalesce(pg_get_expr(d.adbin, d.adrelid), '') LIKE 'nextval%' AS "isGenerated"
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relname <> 'migrations'
    AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY c.relname, a.attnum`;

/** The schema of one service, by the service's own user. */
class Schema {
  constructor(readonly source: DataSource) {}

  shape(): Promise<object[]> {
    return this.source.query(SHAPE);
  }

  async columns(): Promise<Map<string, Column[]>> {
    const tables = new Map<string, Column[]>();
    for (const column of (await this.source.query(COLUMNS)) as Column[])
      tables.set(column.table, [...(tables.get(column.table) ?? []), column]);
    return tables;
  }

  /** Writes a row into each table, a value in each of its columns; tables that refer to others come after them. */
  async fill(): Promise<void> {
    const waiting = new Map(await this.columns());
    for (let left = waiting.size; left > 0; left = waiting.size) {
      for (const [table, columns] of waiting) {
        const given = columns.filter(({ isGenerated }) => !isGenerated);
        const values = given.map(({ name, type }) => {
          const chosen = CHOSEN[`${table}.${name}`] ?? CHOSEN[name];
          return (typeof chosen === 'string') === (type === 'text') ? (chosen ?? VALUES[type]) : VALUES[type];
        });
        const unknown = given.filter((_, index) => values[index] === undefined);
        expect(unknown, 'types of columns without a value in this test').toEqual([]);
        const names = given.map(({ name }) => `"${name}"`).join(', ');
        const places = given.map((_, index) => `$${index + 1}`).join(', ');
        const isIn = await this.source.query(`INSERT INTO "${table}" (${names}) VALUES (${places})`, values).then(
          () => true,
          (error: { code: string }) => (error.code === '23503' ? false : Promise.reject(error as unknown as Error)),
        );
        if (isIn) waiting.delete(table);
      }
      if (waiting.size === left) throw new Error(`rows that wait for each other: ${[...waiting.keys()].join(', ')}`);
    }
  }

  async rows(): Promise<Map<string, Row[]>> {
    const found = new Map<string, Row[]>();
    for (const table of (await this.columns()).keys())
      found.set(table, await this.source.query(`SELECT * FROM "${table}"`));
    return found;
  }

  async applied(): Promise<string[]> {
    const rows = (await this.source.query('SELECT name FROM migrations ORDER BY id')) as { name: string }[];
    return rows.map(({ name }) => name);
  }
}

const schemaOf = (service: string): string => service.replaceAll('-', '_');

describe.skipIf(missing)(`migrations of every service on PostgreSQL (${missing ?? 'there'})`, () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let postgres: PostgresServer;
  let nats: NatsServer;
  const sources: DataSource[] = [];

  beforeAll(async () => {
    buildProgram();
    folder = await makeFolder();
    [postgres, nats] = await Promise.all([PostgresServer.start({ fsync: false }), NatsServer.start({})]);
  });

  afterAll(async () => {
    for (const source of sources) await source.destroy();
    await Promise.all([postgres?.stop(), nats?.stop()]);
    await folder?.remove();
  });

  /** Makes a service's account where it is missing. @returns its environment */
  async function environmentOf(service: string): Promise<Record<string, string>> {
    const schema = schemaOf(service);
    const account = { schema, user: `sedge_${schema}`, password: service };
    await provisionServices(postgres.url, [account]);
    return {
      SEDGE_HOME: join(folder.path, service),
      SEDGE_EVENTS: 'nats',
      SEDGE_NATS_URL: nats.url,
      SEDGE_STATE: 'postgres',
      SEDGE_DATABASE_URL: urlFor(postgres.url, account),
    };
  }

  /** Lets a service make its schema at its start, anew and as its own user, and gives that schema when the service is gone. */
  async function schemaMadeBy(service: string): Promise<Schema> {
    const admin = await new DataSource({ type: 'postgres', url: postgres.url }).initialize();
    await admin.query(`DROP SCHEMA IF EXISTS ${schemaOf(service)} CASCADE`);
    await admin.destroy();
    const exported = (await import(join('..', '..', 'apps', service, 'src', 'index.ts'))) as Record<string, unknown>;
    const module = Object.entries(exported).find(([name]) => name.endsWith('Module'))![1] as Type;
    const settings = readSettings(await environmentOf(service));
    const running = await startProcess({ modules: [module], settings, log: () => undefined });
    const options: DataSourceOptions = running.app.get(DataSource).options;
    await running.close();
    const source = await new DataSource(options).initialize();
    sources.push(source);
    return new Schema(source);
  }

  it.each([...stages(), 'workflow'])(
    '%s: all the way down and up again, one by one, and what a migration is not about stays',
    async (service) => {
      const schema = await schemaMadeBy(service);
      const [shape, names] = [await schema.shape(), await schema.applied()];
      expect(names.length).toBeGreaterThan(1);
      // What the service did at its start is in the way of rows that look alike.
      for (const table of (await schema.columns()).keys()) await schema.source.query(`TRUNCATE "${table}" CASCADE`);
      await schema.fill();
      const shapes: object[][] = [];
      for (let left = names.length; left > 0; left--) {
        shapes.unshift(await schema.shape());
        const before = await schema.rows();
        await schema.source.undoLastMigration({ transaction: 'each' });
        expect(await schema.applied()).toEqual(names.slice(0, left - 1));
        for (const [table, rows] of await schema.rows()) {
          const columns = Object.keys(rows[0] ?? {});
          const kept = before.get(table)!.map((row) => Object.fromEntries(columns.map((name) => [name, row[name]])));
          expect([table, rows]).toEqual([table, kept]);
        }
      }
      const remains = (await schema.shape()) as { of: string }[];
      expect(remains.filter(({ of }) => !of.startsWith('migrations'))).toEqual([]);
      const runner = schema.source.createQueryRunner();
      for (const [step, expected] of shapes.entries()) {
        const [migration] = schema.source.migrations.filter(({ name }) => name === names[step]);
        await migration!.up(runner);
        expect([names[step], await schema.shape()]).toEqual([names[step], expected]);
      }
      await runner.release();
      expect(await schema.shape()).toEqual(shape);
    },
  );

  it.each(['training', 'workflow'])(
    '%s, killed in the middle of migrations: all of them are as they were, and its next start makes them',
    async (service) => {
      const schema = await schemaMadeBy(service);
      const [shape, names] = [await schema.shape(), await schema.applied()];
      for (const _ of names.slice(1)) await schema.source.undoLastMigration({ transaction: 'each' });
      const before = await schema.shape();
      const process = new ServiceProcess({
        name: service,
        service,
        entry: resolve('apps', service, 'dist', 'main.js'),
        environment: { ...(await environmentOf(service)), SEDGE_PORT: '0' },
        logDirectory: join(folder.path, 'logs'),
      });

      // Who may read but not write which migrations were done stops a process after what its first one did.
      const barrier = schema.source.createQueryRunner();
      await barrier.startTransaction();
      await barrier.query('LOCK TABLE migrations IN SHARE MODE');
      const start = expect(process.start()).rejects.toThrow('SIGKILL');
      const waiting = `SELECT pid FROM pg_stat_activity WHERE usename = current_user AND wait_event_type = 'Lock' AND query LIKE 'INSERT INTO%migrations%'`;
      await until(async () => ((await schema.source.query(waiting)) as unknown[]).length === 1);
      await process.kill();
      await start;
      await barrier.rollbackTransaction();
      await barrier.release();
      await until(async () => ((await schema.source.query(waiting)) as unknown[]).length === 0);
      expect(await schema.applied()).toEqual(names.slice(0, 1));
      expect(await schema.shape()).toEqual(before);

      await process.start();
      expect(await schema.applied()).toEqual(names);
      expect(await schema.shape()).toEqual(shape);
      await process.stop();
    },
  );
});
