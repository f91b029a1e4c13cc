import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Digest } from '@sedge/artifact-contracts';
import { S3Server, freePort, missingServer } from '@sedge/local-servers';
import { describeArtifactStore, sampleBytes, type ArtifactStoreHarness } from '@sedge/ports/contract';
import { SmallDisk, canMount } from '@sedge/test-kit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { S3Store } from '../src/index.js';
import type { S3Client } from '../src/s3-client.js';
import { FaultyWire } from './faulty-wire.js';

const PART_BYTES = 5 << 20;
const missing = missingServer('versitygw');
let server: S3Server;
let folder: string;
let buckets = 0;

beforeAll(async () => {
  if (missing !== null) return;
  folder = await mkdtemp(join(tmpdir(), 'sedge-s3-store-'));
  server = await S3Server.start();
});

afterAll(async () => {
  await server?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

interface Opened {
  store: S3Store;
  wire: FaultyWire;
  bucket: string;
  another(bucket?: string): S3Store;
}

async function openStore(at: S3Server = server): Promise<Opened> {
  const wire = await FaultyWire.to(at.url);
  const bucket = `bucket-${++buckets}`;
  const another = (name = bucket): S3Store =>
    new S3Store({
      endpoint: wire.url,
      bucket: name,
      accessKey: at.accessKey,
      secretKey: at.secretKey,
      region: 'us-east-1',
      spoolDirectory: join(folder, bucket),
      partBytes: PART_BYTES,
      retryDelaysMs: [10, 20],
    });
  const store = another();
  await store.prepare();
  return { store, wire, bucket, another };
}

async function flipBit(bucket: string, digest: Digest): Promise<void> {
  const file = await open(join(server.folder, bucket, 'blobs', 'sha256', digest.slice(7)), 'r+');
  const position = Math.floor((await file.stat()).size / 2);
  const { buffer: bytes } = await file.read(Buffer.alloc(1), 0, 1, position);
  bytes[0]! ^= 1;
  await file.write(bytes, 0, 1, position);
  await file.close();
}

async function openHarness(): Promise<ArtifactStoreHarness> {
  const { store, wire, bucket } = await openStore();
  return {
    store,
    setFault: (fault) => wire.setFault(fault),
    flipBit: (digest) => flipBit(bucket, digest),
    leftovers: () => store.temporaries(),
    close: () => wire.close(),
  };
}

describe.skipIf(missing)(`on VersityGW (${missing ?? 'there'})`, () => {
  describeArtifactStore('S3Store', openHarness);

  describe('S3Store', () => {
    let opened: Opened;
    beforeEach(async () => {
      opened = await openStore();
    });
    afterEach(() => opened.wire.close());

    const big = sampleBytes(2 * PART_BYTES + 12_345, 9);

    it('sends a large blob in parts, and goes on with those that a dead process left', async () => {
      const { store, wire, another } = opened;
      wire.setFault({ kind: 'full', afterBytes: PART_BYTES + 1 });
      // The death of the process: nothing is tidied up.
      const dying = another();
      Object.assign(dying, { discardUploads: () => Promise.resolve() });
      await expect(dying.put(big)).rejects.toMatchObject({ code: 'STORE_FULL' });
      expect(await store.temporaries()).toHaveLength(1);
      wire.setFault({ kind: 'none' });
      const before = wire.sentBytes;
      const { digest } = await store.put(big);
      expect(wire.sentBytes - before).toBe(big.length - PART_BYTES);
      expect(await store.verify(digest)).toBe('ok');
      expect(await store.temporaries()).toEqual([]);
    });

    it('removes at its start what a killed process left in the local folder', async () => {
      const { bucket, another } = opened;
      const place = join(folder, bucket);
      await mkdir(place, { recursive: true });
      await writeFile(join(place, 'dead.partial'), 'half');
      await another().prepare();
      expect(await opened.store.temporaries()).toEqual([]);
    });

    it('finds its bucket although the server stumbles, as it may while another process makes it', async () => {
      const { wire, another } = opened;
      wire.stumbles = 2;
      await another().prepare();
      wire.stumbles = 3;
      await expect(another().prepare()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    });

    it('says what keeps it from being used, and how to mend it', async () => {
      const bucket = `refused-${++buckets}`;
      const secretKey = 'not-the-one-of-the-server';
      const of = (more: object): S3Store =>
        new S3Store({
          endpoint: server.url,
          bucket,
          accessKey: server.accessKey,
          secretKey: server.secretKey,
          region: 'us-east-1',
          spoolDirectory: join(folder, bucket),
          retryDelaysMs: [10],
          ...more,
        });
      const startedAt = Date.now();
      const refused = (await of({ secretKey })
        .prepare(60_000)
        .catch((error: unknown) => error)) as Error;
      expect(refused).toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringContaining(`${server.url}/${bucket}`) as string,
        mend: expect.stringContaining('SEDGE_S3_SECRET_KEY') as string,
      });
      expect(refused.message).not.toContain(secretKey);
      expect(Date.now() - startedAt).toBeLessThan(20_000);
      await expect(of({ accessKey: 'nobody' }).prepare(60_000)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      const endpoint = `http://127.0.0.1:${await freePort()}`;
      await expect(of({ endpoint }).prepare(300)).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringContaining('ECONNREFUSED') as string,
        mend: expect.stringContaining('SEDGE_S3_URL') as string,
      });
    });

    it('waits for a server that starts later than itself', async () => {
      const port = await freePort();
      const { accessKey, secretKey } = server;
      const location = { endpoint: `http://127.0.0.1:${port}`, bucket: 'late', accessKey, secretKey };
      const spoolDirectory = join(folder, 'late');
      const store = new S3Store({ ...location, region: 'us-east-1', spoolDirectory, retryDelaysMs: [10] });
      const prepared = store.prepare(60_000);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const late = await S3Server.start({ port });
      try {
        await prepared;
        expect(await store.verify((await store.put('kept')).digest)).toBe('ok');
      } finally {
        await late.stop();
      }
    });

    it('is prepared by many processes at once on a new server', async () => {
      const bucket = `new-${++buckets}`;
      const stores = Array.from({ length: 8 }, () => opened.another(bucket));
      await Promise.all(stores.map((store) => store.prepare()));
      const { digest } = await stores[0]!.put('kept');
      expect(await stores[7]!.verify(digest)).toBe('ok');
    });

    it('takes one large blob from many at once', async () => {
      const stores = Array.from({ length: 4 }, () => opened.another());
      const stored = await Promise.all(stores.map((store) => store.put(big)));
      expect(new Set(stored.map(({ digest }) => digest)).size).toBe(1);
      expect(await opened.store.verify(stored[0]!.digest)).toBe('ok');
      expect(await opened.store.temporaries()).toEqual([]);
    });

    it('goes on reading where a connection broke', async () => {
      const { store, wire } = opened;
      const { digest } = await store.put(big);
      wire.cuts.push(1_000_000, 3_000_000);
      expect((await buffer(await store.read(digest))).equals(big)).toBe(true);
      expect(wire.cuts).toEqual([]);
    });

    it('removes interrupted uploads when they are old, and no others', async () => {
      const { store, wire, another } = opened;
      wire.setFault({ kind: 'full', afterBytes: PART_BYTES + 1 });
      const dying = another();
      Object.assign(dying, { discardUploads: () => Promise.resolve() });
      await dying.put(big).catch(() => undefined);
      wire.setFault({ kind: 'none' });
      expect(await store.removeStaleTemporaries(60_000)).toBe(0);
      await new Promise((resolve) => setTimeout(resolve, 1100));
      expect(await store.removeStaleTemporaries(1000)).toBe(1);
      expect(await store.temporaries()).toEqual([]);
    });

    describe('while a blob is being removed', () => {
      const removing = async (bucket: string, digest: Digest): Promise<string> => {
        const mark = `removing/${digest.slice(7)}`;
        const { client } = opened.another() as unknown as { client: S3Client };
        await client.putObject(bucket, mark, Buffer.from(''));
        return mark;
      };

      it('leaves it to the collection that began, whose mark goes when it is old and no sooner', async () => {
        const { store, bucket } = opened;
        const { digest } = await store.put('being removed');
        const mark = await removing(bucket, digest);
        expect(await store.remove(digest)).toBe(false);
        expect(await store.temporaries()).toEqual([mark]);
        expect(await store.removeStaleTemporaries(60_000)).toBe(0);
        await new Promise((resolve) => setTimeout(resolve, 1100));
        expect(await store.removeStaleTemporaries(1000)).toBe(1);
        expect(await store.temporaries()).toEqual([]);
        expect(await store.remove(digest)).toBe(true);
        expect(await store.stat(digest)).toBeNull();
      });

      it('gives up where it stood still for so long that others take its mark for left', async () => {
        const { store, bucket, another } = opened;
        const { digest } = await store.put('kept');
        const { client } = store as unknown as { client: { statObject: (...of: unknown[]) => Promise<unknown> } };
        const statObject = client.statObject.bind(client);
        const now = Date.now;
        client.statObject = async (...of) => {
          const stats = await statObject(...of);
          Date.now = () => now() + 40_000;
          await another().removeStaleTemporaries(30_000);
          await removing(bucket, digest);
          return stats;
        };
        try {
          expect(await store.remove(digest)).toBe(false);
        } finally {
          Date.now = now;
        }
        expect(await another().stat(digest)).not.toBeNull();
        expect(await another().temporaries()).toHaveLength(1);
      });
    });

    it.each([
      ['a wrong key', { secretKey: 'wrong' }],
      ['a bucket that is not there', { bucket: 'no-such-bucket' }],
    ])('says of %s that trying again is no use', async (_, wrong) => {
      const { options } = opened.store as unknown as { options: ConstructorParameters<typeof S3Store>[0] };
      const store = new S3Store({ ...options, ...wrong });
      const failure = await store.put('x').catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'STORE_UNAVAILABLE', transient: false });
      expect((failure as Error).message).toContain('SEDGE_S3_URL');
    });

    if (canMount())
      it('on a server whose disk really fills up: says so, leaves nothing, and goes on when there is room', async () => {
        const disk = new SmallDisk(24);
        const small = await S3Server.start({ folder: disk.path });
        const { store, wire } = await openStore(small);
        try {
          const { digest } = await store.put(sampleBytes(300_000, 1));
          disk.fill();
          await expect(store.put(sampleBytes(2_000_000, 2))).rejects.toMatchObject({ code: 'STORE_FULL' });
          await expect(store.put(big)).rejects.toMatchObject({ code: 'STORE_FULL' });
          disk.free();
          expect(await store.temporaries()).toEqual([]);
          expect(await store.verify(digest)).toBe('ok');
          await store.put(big);
        } finally {
          await wire.close();
          await small.stop();
          disk.remove();
        }
      });
  });
});
