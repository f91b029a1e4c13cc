import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SmallDisk, canMount } from '@sedge/test-kit';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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

// Only a file system that really fills up shows what PostgreSQL makes of it.
if (canMount())
  describe('on a full disk the embedded database', () => {
    let disk: SmallDisk;
    let database: PgliteDatabase;
    let source: DataSource;
    const onStopped = vi.fn();

    const open = async (): Promise<void> => {
      const templateDirectory = join(tmpdir(), 'sedge-test-cache');
      database = await PgliteDatabase.open({ dataDirectory: join(disk.path, 'cluster'), templateDirectory, onStopped });
      source = await new DataSource(database.optionsFor({ name: 'public', entities: [], migrations: [] })).initialize();
    };
    const count = async (): Promise<number> => {
      const [row] = (await source.query('SELECT count(*)::int AS count FROM note')) as [{ count: number }];
      return row.count;
    };

    beforeEach(async () => {
      onStopped.mockReset();
      disk = new SmallDisk(80);
      await open();
      await source.query('CREATE TABLE note (n int, text text)');
      await source.query(`INSERT INTO note SELECT n, repeat('x', 100) FROM generate_series(1, 100) n`);
    });
    afterEach(() => disk.remove());

    it('refuses what finds no room, and goes on when there is some', async () => {
      disk.fill();
      const tooMuch = `INSERT INTO note SELECT n, repeat('x', 1000) FROM generate_series(1, 1000) n`;
      await expect(source.query(tooMuch)).rejects.toMatchObject({ code: '53100' });
      expect(await count()).toBe(100);
      disk.free();
      await source.query(tooMuch);
      expect(await count()).toBe(1100);
      expect(onStopped).not.toHaveBeenCalled();
      await source.destroy();
      await database.close();
    });

    it('stops with a reason when its log finds none, and has everything at the next start', async () => {
      disk.fill();
      await source.query('SELECT pg_switch_wal()');
      await expect(source.query(`UPDATE note SET text = 'y' WHERE n = 1`)).rejects.toThrow();
      await vi.waitFor(() => expect(onStopped).toHaveBeenCalled());
      expect(onStopped.mock.calls[0]![0]).toMatchObject({
        code: 'DATABASE_STOPPED',
        message: expect.stringContaining('No space left on device'),
      });
      await expect(source.query('SELECT 1')).rejects.toThrow();
      disk.free();
      await open();
      expect(await count()).toBe(100);
      await source.query(`UPDATE note SET text = 'y' WHERE n = 1`);
      await source.destroy();
      await database.close();
    });
  });
