import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { afterAll, describe, expect, it } from 'vitest';
import { PgliteDatabase } from '../src/index.js';

const templateDirectory = join(tmpdir(), 'sedge-test-cache');
const directory = await mkdtemp(join(tmpdir(), 'sedge-kill-'));
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Runs the writer and kills it after some rows. @returns the last row that it reported as committed */
async function writeUntilKilled(dataDirectory: string, first: number, rows: number, delayMs: number): Promise<number> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'writer.mjs'), dataDirectory, String(first), templateDirectory],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let last = first - 1;
  let text = '';
  child.stdout.on('data', (bytes: Buffer) => {
    text += bytes.toString();
    last = Number(text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1));
    if (last >= first + rows) setTimeout(() => child.kill('SIGKILL'), delayMs);
  });
  await once(child, 'exit');
  return last;
}

describe('a killed process', () => {
  it('leaves every committed row and no half transaction', async () => {
    const dataDirectory = join(directory, 'cluster');
    let next = 0;
    for (const [round, delayMs] of [0, 3, 7, 11, 17].entries()) {
      const committed = await writeUntilKilled(dataDirectory, next, 40 * (round + 1), delayMs);
      const database = await PgliteDatabase.open({ dataDirectory });
      const source = await new DataSource(
        database.optionsFor({ name: 'public', entities: [], migrations: [] }),
      ).initialize();
      const [{ count, highest }] = (await source.query(
        'SELECT count(*)::int AS count, max(n) AS highest FROM row',
      )) as [{ count: number; highest: number }];
      await source.destroy();
      await database.close();
      expect(highest).toBeGreaterThanOrEqual(committed);
      expect(count).toBe(highest + 1);
      expect(highest % 2).toBe(1);
      next = highest + 1;
    }
  });
});
