import { digestOfBytes, type Digest } from '@sedge/artifact-contracts';
import { describeArtifactStore, sampleBytes, type ArtifactStoreHarness } from '@sedge/ports/contract';
import { chmod, mkdir, mkdtemp, open, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { SmallDisk, canMount } from '@sedge/test-kit';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DirectoryStore } from '../src/index.js';
import { FaultyDisk } from './faulty-disk.js';

async function openHarness(root: string): Promise<ArtifactStoreHarness> {
  const faults = new FaultyDisk();
  const store = new DirectoryStore(root, faults.disk);
  return {
    store,
    setFault: (fault) => faults.setFault(fault),
    flipBit: (digest) => flipBit(store.locationOf(digest)),
    leftovers: () => readdir(join(root, 'temporary')).catch(() => []),
    close: () => rm(root, { recursive: true, force: true }),
  };
}

async function flipBit(path: string): Promise<void> {
  await chmod(path, 0o644);
  const file = await open(path, 'r+');
  const position = Math.floor((await file.stat()).size / 2);
  const { buffer: bytes } = await file.read(Buffer.alloc(1), 0, 1, position);
  bytes[0]! ^= 1;
  await file.write(bytes, 0, 1, position);
  await file.close();
}

describeArtifactStore('DirectoryStore', async () =>
  openHarness(await mkdtemp(join(tmpdir(), 'sedge-directory-store-'))),
);

describe('DirectoryStore', () => {
  let root: string;
  let store: DirectoryStore;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'sedge-directory-store-'));
    store = new DirectoryStore(root);
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('keeps blobs read-only, under the first two digits of their digest', async () => {
    const { digest } = await store.put('x');
    const hex = digest.slice(7);
    const path = join(root, 'blobs', 'sha256', hex.slice(0, 2), hex);
    expect(store.locationOf(digest)).toBe(path);
    expect((await stat(path)).mode & 0o777).toBe(0o444);
  });

  it('finds a bit that was flipped by somebody who set the time back', async () => {
    const { digest } = await store.put(sampleBytes(10_000));
    const path = store.locationOf(digest);
    const { atime, mtime } = await stat(path);
    await buffer(await store.read(digest, { start: 0, end: 9 }));
    await flipBit(path);
    await utimes(path, atime, mtime);
    await expect(buffer(await store.read(digest).then((stream) => stream))).rejects.toMatchObject({
      code: 'STORE_BLOB_CORRUPT',
    });
    await expect(store.read(digest, { start: 0, end: 9 })).rejects.toMatchObject({ code: 'STORE_BLOB_CORRUPT' });
  });

  it('removes what interrupted writes left behind, but not what is being written', async () => {
    const folder = join(root, 'temporary');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'old.partial'), 'x');
    await writeFile(join(folder, 'young.partial'), 'x');
    const longAgo = new Date(Date.now() - 3_600_000);
    await utimes(join(folder, 'old.partial'), longAgo, longAgo);
    expect(await store.removeStaleTemporaries(60_000)).toBe(1);
    expect(await readdir(folder)).toEqual(['young.partial']);
  });

  it('passes over files that are no blobs', async () => {
    await store.put('x');
    await writeFile(join(root, 'blobs', 'sha256', 'README'), 'not a folder').catch(() => undefined);
    await mkdir(join(root, 'blobs', 'sha256', 'zz'));
    await writeFile(join(root, 'blobs', 'sha256', 'zz', 'stranger'), 'x');
    await rm(join(root, 'blobs', 'sha256', 'README'));
    const found: Digest[] = [];
    for await (const blob of store.list()) found.push(blob.digest);
    expect(found).toEqual([digestOfBytes('x')]);
  });

  // Where mounting is not permitted, the same is tested over a layer that injects the fault.
  if (canMount())
    it('on a file system that really fills up: says so, leaves nothing, and goes on when there is room', async () => {
      const disk = new SmallDisk(1);
      try {
        const small = new DirectoryStore(disk.path);
        const { digest } = await small.put(sampleBytes(300_000, 1));
        await expect(small.put(sampleBytes(2_000_000, 2))).rejects.toMatchObject({ code: 'STORE_FULL' });
        const outside = join(root, 'outside');
        await writeFile(outside, sampleBytes(2_000_000, 2));
        await expect(small.putFile(outside)).rejects.toMatchObject({ code: 'STORE_FULL' });
        expect(await readdir(join(disk.path, 'temporary'))).toEqual([]);
        expect(await small.verify(digest)).toBe('ok');
        await small.put(sampleBytes(300_000, 3));
      } finally {
        disk.remove();
      }
    });
});
