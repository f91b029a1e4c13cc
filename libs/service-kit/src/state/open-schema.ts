import type { Database, ServiceSchema } from '@sedge/ports';
import { DataSource } from 'typeorm';

/** Opens a schema: makes it where it is missing, and brings its tables up to date. */
export async function openSchema(database: Database, schema: ServiceSchema): Promise<DataSource> {
  const source = await new DataSource(database.optionsFor(schema)).initialize();
  try {
    await database.exclusively(schema.name, async () => {
      // Asked first: on a server the service's user may own its schema without the right to make schemas.
      const [found] = (await source.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema.name])) as unknown[];
      if (found === undefined) await source.query(`CREATE SCHEMA IF NOT EXISTS "${schema.name}"`);
      await source.runMigrations();
    });
    return source;
  } catch (error) {
    await source.destroy();
    throw error;
  }
}
