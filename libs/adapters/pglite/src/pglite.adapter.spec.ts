import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeDatabase } from '@sedge/ports/contract';
import { DataSource } from 'typeorm';
import { afterAll, describe, expect, it } from 'vitest';
import { PgliteDatabase } from './pglite.adapter.js';

const templateDirectory = join(tmpdir(), 'sedge-test-cache');
const directory = await mkdtemp(join(tmpdir(), 'sedge-pglite-'));
afterAll(() => rm(directory, { recursive: true, force: true }));

describeDatabase('PGlite', () =>
  PgliteDatabase.open({ dataDirectory: join(directory, 'contract'), templateDirectory }),
);

describe('the single connection', () => {
  it('reports a forgotten transaction rather than waiting for ever', async () => {
    const database = await PgliteDatabase.open({
      dataDirectory: join(directory, 'busy'),
      templateDirectory,
      patienceMs: 50,
    });
    const source = await new DataSource(
      database.optionsFor({ name: 'public', entities: [], migrations: [] }),
    ).initialize();
    await source.transaction(async () => {
      // The mistake: another manager than the transaction's.
      await expect(source.query('SELECT 1')).rejects.toMatchObject({ code: 'DATABASE_BUSY' });
    });
    expect(await source.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await source.destroy();
    await database.close();
  });
});
