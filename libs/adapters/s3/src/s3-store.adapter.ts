import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDigest, type Digest } from '@sedge/artifact-contracts';
import { StoreError, isUntrustedServer, type ArtifactStore, type BlobInfo, type ByteRange } from '@sedge/ports';
import { S3Client, type S3Location } from './s3-client.js';
import { asStoreError, isMissing, isPassing } from './s3-fault.js';
import { Spool, type SpooledFile } from './spool.js';
import { StoreUnusableError } from './store-unusable.js';
import { upload } from './upload.js';

export interface S3StoreOptions extends S3Location {
  /** local folder for bytes on their way into the store */
  spoolDirectory: string;
  /** larger blobs go in parts of this size; default 16 MiB */
  partBytes?: number;
  /** pauses before what failed for a passing reason is tried again; default 0.1, 0.5 and 2 s */
  retryDelaysMs?: readonly number[];
}

const PREFIX = 'blobs/sha256/';
const MARKS = 'removing/';
const PART_BYTES = 16 << 20;
const RETRY_DELAYS_MS = [100, 500, 2000];
/** A mark that is older was left by a collection that died. */
const MARK_LIFE_MS = 60_000;
/** Whoever removes a blob gives up long before others take the mark for left: they trust then that the blob stays. */
const REMOVAL_MS = 30_000;
const MARK_POLL_MS = 50;
/** For a server that does not answer yet. */
const LOOK_EVERY_MS = 250;
/** S3 tells times in whole seconds. */
const CLOCK_STEP_MS = 1000;

/**
 * Keeps blobs in a bucket of an S3 server, `blobs/sha256/<64 digits>`. An object appears there whole or not at all, and its name is its
 * content, so nothing is ever overwritten by anything else: storing a blob again only renews it, and mends one that was damaged.
 */
export class S3Store implements ArtifactStore {
  private readonly client: S3Client;
  private readonly spool: Spool;
  private readonly bucket: string;
  /** objects that this process has read whole and found right, by what would change with them */
  private readonly verified = new Map<Digest, string>();

  constructor(private readonly options: S3StoreOptions) {
    this.client = S3Client.at(options);
    this.bucket = options.bucket;
    this.spool = new Spool(options.spoolDirectory);
  }

  /**
   * Makes the bucket where it is missing, and removes what an earlier process that was killed left on its way: the folder is this
   * process's alone.
   * @param patienceMs how long the server may take to answer; it may be starting too
   * @throws StoreUnusableError
   */
  async prepare(patienceMs = 0): Promise<void> {
    await this.spool.removeOlderThan(0);
    for (const deadline = Date.now() + patienceMs; ; await sleep(LOOK_EVERY_MS)) {
      try {
        // Where several processes start at once on a new server, one may find the bucket while another is still making it: a passing fault.
        await this.persist(() => this.makeBucketWhereMissing());
        return;
      } catch (error) {
        if (!isPassing(error) || isUntrustedServer(error) || Date.now() > deadline) {
          throw new StoreUnusableError(this.bucketPlace(), error);
        }
      }
    }
  }

  async put(bytes: Readable | Uint8Array | string, expected?: Digest): Promise<{ digest: Digest; sizeBytes: number }> {
    return this.guard('writing a blob', this.bucketPlace(), () =>
      this.spool.with(bytes, async (file) => {
        if (expected !== undefined && file.digest !== expected) {
          throw new StoreError('STORE_DIGEST_MISMATCH', `the bytes have the digest ${file.digest}, not ${expected}`);
        }
        return this.keep(file);
      }),
    );
  }

  async putFile(path: string): Promise<{ digest: Digest; sizeBytes: number }> {
    return this.guard(`storing ${path}`, this.bucketPlace(), () =>
      this.spool.withFile(path, (file) => this.keep(file)),
    );
  }

  async read(digest: Digest, range?: ByteRange): Promise<Readable> {
    const place = this.locationOf(digest);
    const info = await this.guard('looking for a blob', place, () =>
      this.client.statObject(this.bucket, keyOf(digest)),
    );
    const mark = `${info.etag} ${info.size} ${info.lastModified.getTime()}`;
    if (range && this.verified.get(digest) !== mark) await this.readWhole(digest, info.size, mark);
    const wanted = range ?? { start: 0, end: info.size - 1 };
    const bytes = this.bytesOf(digest, wanted, range ? null : mark);
    return Readable.from(bytes, { objectMode: false });
  }

  async fetchFile(digest: Digest, path: string): Promise<void> {
    const partial = `${path}.partial`;
    try {
      await pipeline(await this.read(digest), createWriteStream(partial, { flags: 'wx', mode: 0o600 }));
      await chmod(partial, 0o444);
      await rename(partial, path);
    } catch (error) {
      await rm(partial, { force: true });
      throw asStoreError(error, `making ${path}`, this.locationOf(digest));
    }
  }

  async verify(digest: Digest): Promise<'ok' | 'missing' | 'corrupt'> {
    try {
      for await (const _ of await this.read(digest));
      return 'ok';
    } catch (error) {
      if (error instanceof StoreError && error.code === 'STORE_BLOB_MISSING') return 'missing';
      if (error instanceof StoreError && error.code === 'STORE_BLOB_CORRUPT') return 'corrupt';
      throw error;
    }
  }

  async stat(digest: Digest): Promise<BlobInfo | null> {
    const key = keyOf(digest);
    return this.guard('looking for a blob', this.locationOf(digest), async () => {
      const info = await this.statOrNull(key);
      return info && { digest, sizeBytes: info.size, storedAt: info.lastModified };
    });
  }

  async remove(digest: Digest, unlessStoredSince?: Date): Promise<boolean> {
    const [key, mark] = [keyOf(digest), markOf(digest)];
    this.verified.delete(digest);
    return this.guard('removing a blob', this.locationOf(digest), async () => {
      const startedAt = Date.now();
      const isInTime = (): boolean => Date.now() - startedAt < REMOVAL_MS;
      // Whoever stores the blob from here on sees the mark, and waits until it is known whether the blob stays. Two collections at once would
      // take the mark from each other.
      if (!(await this.client.makeObject(this.bucket, mark))) return false;
      try {
        const info = await this.statOrNull(key);
        if (info && unlessStoredSince && info.lastModified.getTime() + CLOCK_STEP_MS > unlessStoredSince.getTime()) {
          return false;
        }
        if (!isInTime()) return false;
        await this.client.removeObject(this.bucket, key);
        return true;
      } finally {
        // By then it may be the mark of somebody else.
        if (isInTime()) await this.client.removeObject(this.bucket, mark);
      }
    });
  }

  async *list(): AsyncIterable<BlobInfo> {
    try {
      for await (const item of this.client.listObjectsV2(this.bucket, PREFIX, true)) {
        const { name = '', size, lastModified } = item as { name?: string; size: number; lastModified: Date };
        const digest = `sha256:${name.slice(PREFIX.length)}`;
        if (isDigest(digest)) yield { digest, sizeBytes: size, storedAt: lastModified };
      }
    } catch (error) {
      throw asStoreError(error, 'listing blobs', this.bucketPlace());
    }
  }

  locationOf(digest: Digest): string {
    return `${this.bucketPlace()}/${keyOf(digest)}`;
  }

  async removeStaleTemporaries(olderThanMs: number): Promise<number> {
    return this.guard('removing interrupted uploads', this.bucketPlace(), async () => {
      let removed = await this.spool.removeOlderThan(olderThanMs);
      for (const { key, uploadId, initiated } of await this.unfinishedUploads()) {
        if (Date.now() - initiated.getTime() < olderThanMs) continue;
        await this.client.abortMultipartUpload(this.bucket, key, uploadId);
        removed++;
      }
      for (const { name, lastModified } of await this.marks()) {
        if (Date.now() - lastModified.getTime() < olderThanMs) continue;
        await this.client.removeObject(this.bucket, name);
        removed++;
      }
      return removed;
    });
  }

  /** What interrupted writes and removals left behind, here and on the server. */
  async temporaries(): Promise<string[]> {
    const [uploads, marks] = [await this.unfinishedUploads(), await this.marks()];
    return [...(await this.spool.names()), ...uploads.map(({ key }) => key), ...marks.map(({ name }) => name)];
  }

  private async keep(file: SpooledFile): Promise<{ digest: Digest; sizeBytes: number }> {
    const { digest, sizeBytes } = file;
    const key = keyOf(digest);
    const target = { client: this.client, bucket: this.bucket, key, partBytes: this.options.partBytes ?? PART_BYTES };
    try {
      // Unless somebody is removing the blob just now, the first round is the last.
      do await this.persist(() => upload(target, file));
      while (!(await this.persist(() => this.stays(digest))));
    } finally {
      if (sizeBytes > target.partBytes) await this.discardUploads(key);
    }
    return { digest, sizeBytes };
  }

  /** Whether a blob that was just stored is there to stay: no removal that began before knows too little of it. */
  private async stays(digest: Digest): Promise<boolean> {
    for (;;) {
      const mark = await this.statOrNull(markOf(digest));
      if (mark === null) return (await this.statOrNull(keyOf(digest))) !== null;
      if (Date.now() - mark.lastModified.getTime() > MARK_LIFE_MS)
        await this.client.removeObject(this.bucket, markOf(digest));
      await sleep(MARK_POLL_MS);
    }
  }

  /**
   * Parts that were not put together take room and are of no use: the blob is there, or its bytes may never come again. Whoever is
   * sending the same parts just now finds the blob, or begins anew.
   */
  private async discardUploads(key: string): Promise<void> {
    try {
      for (const { uploadId } of await this.unfinishedUploads(key)) {
        await this.client.abortMultipartUpload(this.bucket, key, uploadId);
      }
    } catch {
      // The server can't be reached, or somebody else was quicker: what is left is removed with the next collection.
    }
  }

  private async readWhole(digest: Digest, sizeBytes: number, mark: string): Promise<void> {
    for await (const _ of this.bytesOf(digest, { start: 0, end: sizeBytes - 1 }, mark));
  }

  /** The bytes of a range, over as many connections as it takes. With a mark they are all there are, and are verified at their end. */
  private async *bytesOf(digest: Digest, range: ByteRange, mark: string | null): AsyncGenerator<Buffer, void> {
    const hash = createHash('sha256');
    let position = range.start;
    for (let failures = 0; position <= range.end;) {
      try {
        const length = range.end - position + 1;
        const stream = await this.client.getPartialObject(this.bucket, keyOf(digest), position, length);
        try {
          for await (const chunk of stream) {
            position += (chunk as Buffer).length;
            hash.update(chunk as Buffer);
            yield chunk as Buffer;
          }
        } finally {
          stream.destroy();
        }
        if (position <= range.end) throw Object.assign(new Error('the answer ended early'), { code: 'ECONNRESET' });
      } catch (error) {
        const pauseMs = this.delays[failures++];
        if (pauseMs === undefined || !isPassing(error)) {
          throw asStoreError(error, 'reading a blob', this.locationOf(digest));
        }
        await sleep(pauseMs);
      }
    }
    if (mark !== null) this.settle(digest, `sha256:${hash.digest('hex')}`, mark);
  }

  private settle(digest: Digest, found: Digest, mark: string): void {
    if (found === digest) {
      this.verified.set(digest, mark);
      return;
    }
    this.verified.delete(digest);
    throw new StoreError(
      'STORE_BLOB_CORRUPT',
      `${this.locationOf(digest)}: the content has the digest ${found}; the object was damaged or changed. Run the job that made it again, or restore the object`,
    );
  }

  private async statOrNull(key: string): Promise<{ size: number; lastModified: Date } | null> {
    try {
      return await this.client.statObject(this.bucket, key);
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  private async unfinishedUploads(prefix = PREFIX): Promise<{ key: string; uploadId: string; initiated: Date }[]> {
    const found: { key: string; uploadId: string; initiated: Date }[] = [];
    for (let keyMarker = '', uploadMarker = ''; ;) {
      const page = await this.client.listIncompleteUploadsQuery(this.bucket, prefix, keyMarker, uploadMarker, '');
      found.push(...(page.uploads as typeof found));
      if (!page.isTruncated) return found;
      [keyMarker, uploadMarker] = [page.nextKeyMarker, page.nextUploadIdMarker];
    }
  }

  /** Marks of removals, under way or interrupted. */
  private async marks(): Promise<{ name: string; lastModified: Date }[]> {
    const marks: { name: string; lastModified: Date }[] = [];
    for await (const mark of this.client.listObjectsV2(this.bucket, MARKS, true)) marks.push(mark as (typeof marks)[0]);
    return marks;
  }

  private async makeBucketWhereMissing(): Promise<void> {
    if (await this.client.bucketExists(this.bucket)) return;
    await this.client.makeBucket(this.bucket, this.options.region).catch((error: { code?: string }) => {
      if (error.code !== 'BucketAlreadyOwnedByYou' && error.code !== 'BucketAlreadyExists') throw error;
    });
  }

  private get delays(): readonly number[] {
    return this.options.retryDelaysMs ?? RETRY_DELAYS_MS;
  }

  /** Tries again what failed for a passing reason. */
  private async persist<Result>(work: () => Promise<Result>): Promise<Result> {
    for (const pauseMs of this.delays) {
      try {
        return await work();
      } catch (error) {
        if (!isPassing(error)) throw error;
        await sleep(pauseMs);
      }
    }
    return work();
  }

  private async guard<Result>(doing: string, place: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw asStoreError(error, doing, place);
    }
  }

  private bucketPlace(): string {
    return `${this.options.endpoint.replace(/\/$/, '')}/${this.bucket}`;
  }
}

function keyOf(digest: Digest): string {
  // A digest becomes part of a name, so that nothing else may pass for one.
  if (!isDigest(digest)) throw new TypeError(`'${String(digest)}' is not a digest`);
  return `${PREFIX}${digest.slice('sha256:'.length)}`;
}

const markOf = (digest: Digest): string => `${MARKS}${digest.slice('sha256:'.length)}`;
