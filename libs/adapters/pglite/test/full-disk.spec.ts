import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { SmallDisk, canMount } from '@sedge/test-kit';
import { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PgliteDatabase } from '../src/index.js';

// Only a file system that really fills up shows what PostgreSQL makes of it.
describe.runIf(canMount())('on a full disk the embedded database', () => {
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
