import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Spool } from './spool.js';

describe('Spool', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sedge-spool-'));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(folder, { recursive: true, force: true });
  });

  async function leave(name: string, writtenAtMs: number): Promise<void> {
    await writeFile(join(folder, name), 'half');
    await utimes(join(folder, name), writtenAtMs / 1000, writtenAtMs / 1000);
  }

  it('removes what is as old as asked, the file of this very millisecond too where all are asked for', async () => {
    vi.spyOn(Date, 'now').mockReturnValue(1_700_000_000_000);
    await leave('old.partial', 1_699_999_990_000);
    await leave('now.partial', 1_700_000_000_000.9);
    const spool = new Spool(folder);
    expect(await spool.removeOlderThan(5000)).toBe(1);
    expect(await spool.names()).toEqual(['now.partial']);
    expect(await spool.removeOlderThan(0)).toBe(1);
    expect(await spool.names()).toEqual([]);
  });

  it('gives bytes by a file with their digest, and removes it whatever happens', async () => {
    const spool = new Spool(join(folder, 'made'));
    const seen = await spool.with('abc', (file) => Promise.resolve(file));
    expect(seen.digest).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(seen.sizeBytes).toBe(3);
    await expect(spool.with('abc', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await spool.names()).toEqual([]);
  });
});
