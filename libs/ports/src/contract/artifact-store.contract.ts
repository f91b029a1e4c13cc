import { digestOfBytes, type Digest } from '@sedge/artifact-contracts';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StoreError, type ArtifactStore, type BlobInfo } from '../artifact-store.port.js';

/** A store under test, and the hands of a test behind its back. */
export interface ArtifactStoreHarness {
  store: ArtifactStore;
  /** flips one bit in the middle of a stored blob */
  flipBit(digest: Digest): Promise<void>;
  /** from now on the medium fails: `full` after so many further bytes, `broken` at once, for writing or reading; `none` mends it */
  setFault(fault: StoreFault): void;
  /** names of what unfinished writes left behind */
  leftovers(): Promise<string[]>;
  close(): Promise<void>;
}

export type StoreFault =
  { kind: 'none' } | { kind: 'full'; afterBytes: number } | { kind: 'broken'; operation: 'read' | 'write' | 'rename' };

const BIG_BYTES = 3_000_001;

/** Bytes that repeat nowhere near each other, so that an offset that is off by one shows. */
export function sampleBytes(count: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(count);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** What every `ArtifactStore` must do. @param open gives an empty store */
export function describeArtifactStore(name: string, open: () => Promise<ArtifactStoreHarness>): void {
  describe(`${name} as an ArtifactStore`, () => {
    let harness: ArtifactStoreHarness;
    let store: ArtifactStore;
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'sedge-store-contract-'));
    });
    beforeEach(async () => {
      harness = await open();
      store = harness.store;
    });
    afterEach(async () => {
      harness.setFault({ kind: 'none' });
      await harness.close();
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
      work.then(
        () => 'no error',
        (error: unknown) => (error instanceof StoreError ? error.code : error),
      );
    const readAll = async (digest: Digest, start?: number, end?: number): Promise<Buffer> =>
      buffer(await store.read(digest, start === undefined ? undefined : { start, end: end! }));

    describe('storing and reading', () => {
      it.each([0, 1, 1024, BIG_BYTES])('gives back %i bytes as they came, under their digest', async (count) => {
        const bytes = sampleBytes(count);
        const stored = await store.put(Readable.from(bytes.length ? chunked(bytes) : []));
        expect(stored).toEqual({ digest: digestOfBytes(bytes), sizeBytes: count });
        expect((await readAll(stored.digest)).equals(bytes)).toBe(true);
        expect(await store.stat(stored.digest)).toMatchObject({ digest: stored.digest, sizeBytes: count });
        expect(await store.verify(stored.digest)).toBe('ok');
      });

      it('takes text, bytes and files alike', async () => {
        const path = join(folder, 'file');
        await writeFile(path, 'words');
        const digest = digestOfBytes('words');
        expect((await store.put('words')).digest).toBe(digest);
        expect((await store.put(Buffer.from('words'))).digest).toBe(digest);
        expect(await store.putFile(path)).toEqual({ digest, sizeBytes: 5 });
      });

      it('does not follow a file that changes after it was stored', async () => {
        const path = join(folder, 'changing');
        await writeFile(path, 'before');
        const { digest } = await store.putFile(path);
        await writeFile(path, 'after!');
        expect((await readAll(digest)).toString()).toBe('before');
      });

      it('stores one blob when the same bytes come many times at once', async () => {
        const bytes = sampleBytes(100_000, 7);
        const stored = await Promise.all(Array.from({ length: 8 }, () => store.put(bytes)));
        expect(new Set(stored.map(({ digest }) => digest)).size).toBe(1);
        expect(await all(store.list())).toHaveLength(1);
        expect(await harness.leftovers()).toEqual([]);
      });

      it('takes a blob that is stored again for stored now', async () => {
        const { digest } = await store.put('old');
        const first = (await store.stat(digest))!.storedAt;
        await new Promise((resolve) => setTimeout(resolve, 1100));
        await store.put('old');
        expect((await store.stat(digest))!.storedAt.getTime()).toBeGreaterThan(first.getTime());
        expect((await readAll(digest, 0, 0)).toString()).toBe('o');
      });

      it('lists every blob and removes one', async () => {
        const digests: Digest[] = [];
        for (const text of ['a', 'b', 'c']) digests.push((await store.put(text)).digest);
        expect((await all(store.list())).map((blob) => blob.digest).sort()).toEqual([...digests].sort());
        await store.remove(digests[0]!);
        await store.remove(digests[0]!);
        expect(await store.stat(digests[0]!)).toBeNull();
        expect(await all(store.list())).toHaveLength(2);
      });

      it('does not remove what was stored again since a given time', async () => {
        const { digest } = await store.put('kept');
        expect(await store.remove(digest, new Date(Date.now() - 60_000))).toBe(false);
        expect(await store.verify(digest)).toBe('ok');
        expect(await store.remove(digest, new Date(Date.now() + 60_000))).toBe(true);
        expect(await store.stat(digest)).toBeNull();
        expect(await harness.leftovers()).toEqual([]);
      });

      it('keeps what is stored again while it is being removed as old', async () => {
        const texts = Array.from({ length: 20 }, (_, n) => `old ${n}`);
        for (const text of texts) await store.put(text);
        await new Promise((resolve) => setTimeout(resolve, 2100));
        const since = new Date();
        await Promise.all(
          texts.map((text) => Promise.all([store.remove(digestOfBytes(text), since), store.put(text)])),
        );
        for (const text of texts) expect(await store.verify(digestOfBytes(text))).toBe('ok');
      });

      it('gives a read-only local file', async () => {
        const { digest } = await store.put('content');
        const path = join(folder, `fetched-${Math.random()}`);
        await store.fetchFile(digest, path);
        expect(await readFile(path, 'utf8')).toBe('content');
        expect((await stat(path)).mode & 0o222).toBe(0);
      });
    });

    describe('ranges', () => {
      it.each([
        [0, 0],
        [0, 9],
        [1_048_575, 1_048_577],
        [BIG_BYTES - 1, BIG_BYTES - 1],
        [17, BIG_BYTES - 2],
      ])('gives bytes %i to %i', async (start, end) => {
        const bytes = sampleBytes(BIG_BYTES, 3);
        const { digest } = await store.put(bytes);
        expect((await readAll(digest, start, end)).equals(bytes.subarray(start, end + 1))).toBe(true);
      });

      it('closes what a reader leaves half read', async () => {
        const { digest } = await store.put(sampleBytes(BIG_BYTES, 4));
        for (let i = 0; i < 50; i++) (await store.read(digest)).destroy();
        for await (const chunk of await store.read(digest)) {
          expect((chunk as Buffer).length).toBeGreaterThan(0);
          break;
        }
      });
    });

    describe('refusing', () => {
      it('says that a blob is missing', async () => {
        const digest = digestOfBytes('never stored');
        expect(await codeOf(store.read(digest))).toBe('STORE_BLOB_MISSING');
        expect(await codeOf(store.fetchFile(digest, join(folder, 'missing')))).toBe('STORE_BLOB_MISSING');
        expect(await store.verify(digest)).toBe('missing');
        expect(await store.stat(digest)).toBeNull();
      });

      it('keeps nothing of bytes that are not what was announced', async () => {
        expect(await codeOf(store.put('other', digestOfBytes('announced')))).toBe('STORE_DIGEST_MISMATCH');
        expect(await all(store.list())).toEqual([]);
        expect(await harness.leftovers()).toEqual([]);
      });

      it('keeps nothing of a stream that is cut', async () => {
        const cut = Readable.from(
          (async function* () {
            yield sampleBytes(70_000);
            throw new Error('the line went dead');
          })(),
        );
        await expect(store.put(cut)).rejects.toThrow('the line went dead');
        const destroyed = new Readable({ read: () => undefined });
        destroyed.push(sampleBytes(1000));
        setTimeout(() => destroyed.destroy(), 20);
        await expect(store.put(destroyed)).rejects.toThrow();
        expect(await all(store.list())).toEqual([]);
        expect(await harness.leftovers()).toEqual([]);
      });

      it('takes nothing but a digest for a digest', async () => {
        await expect(async () => store.read('sha256:../../etc/passwd')).rejects.toThrow();
        expect(() => store.locationOf('../x' as Digest)).toThrow();
      });
    });

    describe('a flipped bit', () => {
      it('is found by every way of reading, and named by the place of the file', async () => {
        const { digest } = await store.put(sampleBytes(200_000, 5));
        expect((await readAll(digest, 5, 9)).length).toBe(5);
        await harness.flipBit(digest);
        await expect(readAll(digest)).rejects.toMatchObject({ code: 'STORE_BLOB_CORRUPT' });
        await expect(readAll(digest)).rejects.toThrow(store.locationOf(digest));
        expect(await codeOf(readAll(digest, 0, 9))).toBe('STORE_BLOB_CORRUPT');
        expect(await codeOf(store.fetchFile(digest, join(folder, 'corrupt')))).toBe('STORE_BLOB_CORRUPT');
        expect(await store.verify(digest)).toBe('corrupt');
      });

      it('is mended by storing the same bytes again', async () => {
        const bytes = sampleBytes(200_000, 6);
        const { digest } = await store.put(bytes);
        await harness.flipBit(digest);
        await store.put(bytes);
        expect(await store.verify(digest)).toBe('ok');
        expect((await readAll(digest, 0, 4)).equals(bytes.subarray(0, 5))).toBe(true);
      });
    });

    describe('a medium that fails', () => {
      it('when full: says so, leaves nothing half written, keeps what was there, and works again with room', async () => {
        const { digest } = await store.put('there before');
        harness.setFault({ kind: 'full', afterBytes: 100_000 });
        expect(await codeOf(store.put(Readable.from(chunked(sampleBytes(BIG_BYTES)))))).toBe('STORE_FULL');
        expect(await harness.leftovers()).toEqual([]);
        expect((await readAll(digest)).toString()).toBe('there before');
        harness.setFault({ kind: 'none' });
        await store.put(sampleBytes(BIG_BYTES));
        expect(await all(store.list())).toHaveLength(2);
      });

      it.each(['write', 'rename'] as const)('in a %s: says that it may be tried again', async (operation) => {
        harness.setFault({ kind: 'broken', operation });
        const failure = await store.put('lost').catch((error: unknown) => error);
        expect(failure).toMatchObject({ code: 'STORE_UNAVAILABLE', transient: true });
        harness.setFault({ kind: 'none' });
        expect(await all(store.list())).toEqual([]);
        expect(await harness.leftovers()).toEqual([]);
      });

      it('in a read: says so, and takes nothing for damaged', async () => {
        const { digest } = await store.put(sampleBytes(BIG_BYTES, 8));
        harness.setFault({ kind: 'broken', operation: 'read' });
        expect(await codeOf(readAll(digest))).toBe('STORE_UNAVAILABLE');
        harness.setFault({ kind: 'none' });
        expect(await store.verify(digest)).toBe('ok');
      });
    });
  });
}

function* chunked(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += 65_536) yield bytes.subarray(start, start + 65_536);
}

async function all(blobs: AsyncIterable<BlobInfo>): Promise<BlobInfo[]> {
  const found: BlobInfo[] = [];
  for await (const blob of blobs) found.push(blob);
  return found;
}
