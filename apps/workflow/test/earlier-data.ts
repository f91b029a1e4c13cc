import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PgliteDatabase } from '@sedge/adapter-pglite';
import { DataSource } from 'typeorm';

/** What a process of an earlier commit left: the statements of its migrations, its rows, and its blobs by path. */
interface EarlierData {
  commit: string;
  runs: { succeeded: string; failed: string };
  schemas: Record<string, { statements: string[]; rows: Record<string, Record<string, unknown>[]> }>;
  blobs: Record<string, string>;
}

/** Makes a data directory as the process of an earlier commit left it. */
export async function layOutEarlierData(fixture: string, directory: string): Promise<EarlierData> {
  const path = join(import.meta.dirname, 'fixtures', fixture);
  const data = JSON.parse(await readFile(path, 'utf8')) as EarlierData;
  for (const [blob, text] of Object.entries(data.blobs)) {
    const place = join(directory, 'artifacts', blob);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, text, { mode: 0o444 });
  }
  const database = await PgliteDatabase.open({
    dataDirectory: join(directory, 'database'),
    templateDirectory: join(tmpdir(), 'sedge-test-templates'),
  });
  for (const [schema, { statements, rows }] of Object.entries(data.schemas)) {
    const source = await new DataSource(
      database.optionsFor({ name: schema, entities: [], migrations: [] }),
    ).initialize();
    await source.query(`CREATE SCHEMA "${schema}"`);
    await source.query(
      'CREATE TABLE migrations (id serial PRIMARY KEY, "timestamp" bigint NOT NULL, name varchar NOT NULL)',
    );
    for (const statement of statements) await source.query(statement);
    for (const table of inOrder(Object.keys(rows))) await insert(source, table, rows[table]!);
    await source.destroy();
  }
  await database.close();
  return data;
}

/** Tables that others refer to come first. */
const inOrder = (tables: string[]): string[] => {
  const first = ['run', 'job', 'artifact'].filter((table) => tables.includes(table));
  return [...first, ...tables.filter((table) => !first.includes(table))];
};

async function insert(source: DataSource, table: string, rows: Record<string, unknown>[]): Promise<void> {
  await source.query(`INSERT INTO "${table}" SELECT * FROM jsonb_populate_recordset(NULL::"${table}", $1)`, [
    JSON.stringify(rows),
  ]);
  const counters = (await source.query(
    `SELECT column_name AS name FROM information_schema.columns
     WHERE table_schema = current_schema() AND table_name = $1 AND column_default LIKE 'nextval%'`,
    [table],
  )) as { name: string }[];
  for (const { name } of counters) {
    await source.query(
      `SELECT setval(pg_get_serial_sequence($1, $2), coalesce((SELECT max("${name}") FROM "${table}"), 1))`,
      [`"${table}"`, name],
    );
  }
}
