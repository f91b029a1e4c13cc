import type { Database, ServiceSchema } from '@sedge/ports';
import { DataSource } from 'typeorm';
import { EventTables1764000000000 } from './event-tables.migration.js';

/** Opens a service's schema: makes it where it is missing, and brings its tables up to date. */
export async function openSchema(database: Database, schema: ServiceSchema): Promise<DataSource> {
  const options = database.optionsFor({ ...schema, migrations: [EventTables1764000000000, ...schema.migrations] });
  const source = await new DataSource(options).initialize();
  // Asked first: on a server the service's user may own its schema without the right to make schemas.
  const [found] = (await source.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema.name])) as unknown[];
  if (found === undefined) await source.query(`CREATE SCHEMA IF NOT EXISTS "${schema.name}"`);
  await source.runMigrations();
  return source;
}
