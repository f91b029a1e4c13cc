// Writes rows into a cluster until it is killed, and names each on standard output after its commit.
// usage: node writer.mjs <data directory> <first row> <template directory>
import { writeSync } from 'node:fs';
import { PgliteDatabase } from '@sedge/adapter-pglite';
import { DataSource } from 'typeorm';

const [dataDirectory, first, templateDirectory] = process.argv.slice(2);
const database = await PgliteDatabase.open({ dataDirectory, templateDirectory });
const source = await new DataSource(database.optionsFor({ name: 'public', entities: [], migrations: [] })).initialize();
await source.query('CREATE TABLE IF NOT EXISTS row (n int PRIMARY KEY, text text)');
for (let n = Number(first); ; n += 2) {
  await source.transaction(async (manager) => {
    await manager.query('INSERT INTO row VALUES ($1, $2)', [n, 'x'.repeat(n % 3000)]);
    await manager.query('INSERT INTO row VALUES ($1, $2)', [n + 1, 'y']);
  });
  writeSync(1, `${n + 1}\n`);
}
