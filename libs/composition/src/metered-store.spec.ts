import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { DirectoryStore } from '@sedge/adapter-directory';
import { digestOfBytes } from '@sedge/artifact-contracts';
import { ProcessMetrics } from '@sedge/service-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MeteredStore } from './metered-store.js';

describe('a metered store', () => {
  let folder: string;
  let metrics: ProcessMetrics;
  let store: MeteredStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sedge-metered-'));
    metrics = new ProcessMetrics({ onFailure: () => undefined });
    store = new MeteredStore(new DirectoryStore(join(folder, 'store')), metrics);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const bytes = async (way: 'stored' | 'read'): Promise<number> =>
    Number(new RegExp(`^sedge_artifact_${way}_bytes_total (\\d+)`, 'm').exec(await metrics.read())?.[1]);

  it('counts what goes in and out, whole, in part and as a file', async () => {
    const { digest } = await store.put('0123456789');
    expect(await bytes('stored')).toBe(10);
    expect(await text(await store.read(digest))).toBe('0123456789');
    expect(await bytes('read')).toBe(10);
    expect(await text(await store.read(digest, { start: 2, end: 4 }))).toBe('234');
    expect(await bytes('read')).toBe(13);
    await store.fetchFile(digest, join(folder, 'copy'));
    expect(await bytes('read')).toBe(23);
    await store.putFile(join(folder, 'copy'));
    expect(await bytes('stored')).toBe(20);
  });

  it('passes on that a blob is missing, and counts nothing', async () => {
    await expect(store.read(digestOfBytes('nothing')).then(text)).rejects.toMatchObject({ code: 'STORE_BLOB_MISSING' });
    expect(await bytes('read')).toBe(0);
  });
});
