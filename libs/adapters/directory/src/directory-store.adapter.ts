import { isDigest, type Digest } from '@sedge/artifact-contracts';
import { StoreError, type ArtifactStore, type BlobInfo, type ByteRange } from '@sedge/ports';
import { createHash } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { bytesOf, digestOfFile } from './blob-reading.js';
import { asStoreError, codeOf } from './disk-fault.js';
import { realDisk, type Disk } from './disk.js';
import { copyToTemporary, removeIfThere, writeTemporary, type TemporaryFile } from './temporary-file.js';
import { Turns } from './turns.js';
import { VerifiedBlobs } from './verified-blobs.js';

/** Codes by which a file system says that it can't share a file under a second name. */
const NO_LINK = new Set(['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'ENOSYS', 'ENOTTY']);

/**
 * Keeps blobs in a directory: `blobs/sha256/<two digits>/<64 digits>`, read-only. A blob appears by one rename after it is on the disk whole, so
 * that a crash leaves either nothing or all of it; what a crash leaves under `temporary/` is removed later.
 */
export class DirectoryStore implements ArtifactStore {
  private readonly verified = new VerifiedBlobs();
  /** A blob that is being stored again must not be removed as old meanwhile. The directory belongs to this process alone. */
  private readonly turns = new Turns();
  private readonly temporaries: string;

  constructor(
    private readonly root: string,
    private readonly disk: Disk = realDisk,
  ) {
    this.temporaries = join(root, 'temporary');
  }

  async put(bytes: Readable | Uint8Array | string, expected?: Digest): Promise<{ digest: Digest; sizeBytes: number }> {
    return this.guard('writing a blob', this.root, async () => {
      const temporary = await writeTemporary(this.disk, this.temporaries, bytes);
      if (expected !== undefined && temporary.digest !== expected) {
        await removeIfThere(this.disk, temporary.path);
        throw new StoreError('STORE_DIGEST_MISMATCH', `the bytes have the digest ${temporary.digest}, not ${expected}`);
      }
      return this.keep(temporary);
    });
  }

  async putFile(path: string): Promise<{ digest: Digest; sizeBytes: number }> {
    return this.guard(`storing ${path}`, this.root, async () =>
      this.keep(await copyToTemporary(this.disk, this.temporaries, path)),
    );
  }

  async read(digest: Digest, range?: ByteRange): Promise<Readable> {
    const file = await this.openBlob(digest);
    try {
      const stats = await file.stat({ bigint: true });
      if (range && !this.verified.has(digest, stats)) await this.verifyOpen(digest, file);
      const wanted = range ?? { start: 0, end: Number(stats.size) - 1 };
      const stream = Readable.from(this.content(digest, file, wanted, range ? null : stats), { objectMode: false });
      // Not in the generator: one that was never started runs no `finally`, and the file would stay open.
      stream.once('close', () => void file.close().catch(() => undefined));
      return stream;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async fetchFile(digest: Digest, path: string): Promise<void> {
    await this.ensureVerified(digest);
    await this.guard(`making ${path}`, path, () => this.share(this.locationOf(digest), path));
  }

  async verify(digest: Digest): Promise<'ok' | 'missing' | 'corrupt'> {
    try {
      const file = await this.openBlob(digest);
      try {
        await this.verifyOpen(digest, file);
        return 'ok';
      } finally {
        await file.close();
      }
    } catch (error) {
      if (error instanceof StoreError && error.code === 'STORE_BLOB_MISSING') return 'missing';
      if (error instanceof StoreError && error.code === 'STORE_BLOB_CORRUPT') return 'corrupt';
      throw error;
    }
  }

  async stat(digest: Digest): Promise<BlobInfo | null> {
    const path = this.locationOf(digest);
    const stats = await this.guard('looking for a blob', path, () => this.statOrNull(path));
    return stats && { digest, sizeBytes: Number(stats.size), storedAt: stats.mtime };
  }

  async remove(digest: Digest, unlessStoredSince?: Date): Promise<boolean> {
    const path = this.locationOf(digest);
    return this.guard('removing a blob', path, () =>
      this.turns.take(digest, async () => {
        const stats = unlessStoredSince === undefined ? null : await this.statOrNull(path);
        if (stats && unlessStoredSince && stats.mtime >= unlessStoredSince) return false;
        this.verified.forget(digest);
        await removeIfThere(this.disk, path);
        return true;
      }),
    );
  }

  async *list(): AsyncIterable<BlobInfo> {
    const blobs = join(this.root, 'blobs', 'sha256');
    for (const shard of await this.namesIn(blobs)) {
      for (const name of await this.namesIn(join(blobs, shard))) {
        const digest = `sha256:${name}`;
        const info = isDigest(digest) ? await this.stat(digest) : null;
        if (info) yield info;
      }
    }
  }

  locationOf(digest: Digest): string {
    // A digest becomes part of a path, so that nothing else may pass for one.
    if (!isDigest(digest)) throw new TypeError(`'${String(digest)}' is not a digest`);
    const hex = digest.slice('sha256:'.length);
    return join(this.root, 'blobs', 'sha256', hex.slice(0, 2), hex);
  }

  async removeStaleTemporaries(olderThanMs: number): Promise<number> {
    let removed = 0;
    for (const name of await this.namesIn(this.temporaries)) {
      const path = join(this.temporaries, name);
      const stats = await this.statOrNull(path);
      if (!stats || Date.now() - Number(stats.mtimeMs) < olderThanMs) continue;
      await this.guard('removing a temporary file', path, () => removeIfThere(this.disk, path));
      removed++;
    }
    return removed;
  }

  /** Gives a complete temporary file its name. A right blob of that name stays; a damaged one is replaced. */
  private async keep({ path, digest, sizeBytes }: TemporaryFile): Promise<{ digest: Digest; sizeBytes: number }> {
    try {
      await this.turns.take(digest, async () => {
        if (!(await this.renew(digest))) await this.moveIn(path, digest);
      });
    } finally {
      await removeIfThere(this.disk, path);
    }
    return { digest, sizeBytes };
  }

  private async moveIn(path: string, digest: Digest): Promise<void> {
    const target = this.locationOf(digest);
    const made = await this.disk.mkdir(dirname(target), { recursive: true });
    await this.disk.rename(path, target);
    await this.syncFolders(dirname(target), made === undefined ? dirname(target) : dirname(made));
    this.verified.add(digest, await this.disk.stat(target, { bigint: true }));
  }

  /** Marks a blob that is there and right as stored now, so that a garbage collection under way takes it for young. @returns whether it was */
  private async renew(digest: Digest): Promise<boolean> {
    const state = await this.ensureVerified(digest).then(
      () => 'ok',
      (error: unknown) => (error instanceof StoreError ? error.code : Promise.reject(error)),
    );
    if (state !== 'ok') return false;
    const path = this.locationOf(digest);
    const now = new Date();
    await this.disk.utimes(path, now, now);
    this.verified.add(digest, await this.disk.stat(path, { bigint: true }));
    return true;
  }

  private async ensureVerified(digest: Digest): Promise<void> {
    const stats = await this.statOrNull(this.locationOf(digest));
    if (stats && this.verified.has(digest, stats)) return;
    const file = await this.openBlob(digest);
    try {
      await this.verifyOpen(digest, file);
    } finally {
      await file.close();
    }
  }

  private async verifyOpen(digest: Digest, file: FileHandle): Promise<void> {
    const found = await this.guard('reading a blob', this.locationOf(digest), () => digestOfFile(file));
    this.settle(digest, found.digest, found.stable);
  }

  /** The bytes of an open blob; a whole read (`stats` given) is verified by the way and fails at its end. */
  private async *content(
    digest: Digest,
    file: FileHandle,
    range: ByteRange,
    stats: BigIntStats | null,
  ): AsyncGenerator<Buffer, void> {
    const hash = createHash('sha256');
    try {
      for await (const chunk of bytesOf(file, range)) {
        if (stats) hash.update(chunk);
        yield chunk;
      }
      if (stats) this.settle(digest, `sha256:${hash.digest('hex')}`, await unchanged(file, stats));
    } catch (error) {
      throw asStoreError(error, 'reading a blob', this.locationOf(digest));
    }
  }

  private settle(digest: Digest, found: Digest, stable: BigIntStats | null): void {
    if (found === digest) {
      if (stable) this.verified.add(digest, stable);
      return;
    }
    this.verified.forget(digest);
    const place = this.locationOf(digest);
    throw new StoreError(
      'STORE_BLOB_CORRUPT',
      `${place}: the content has the digest ${found}; the file was damaged or changed. Run the job that made it again, or restore the file`,
    );
  }

  private async openBlob(digest: Digest): Promise<FileHandle> {
    const path = this.locationOf(digest);
    return this.guard('opening a blob', path, async () => {
      try {
        return await this.disk.open(path, 'r');
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error;
        throw new StoreError('STORE_BLOB_MISSING', `${path}: no such blob; run the job that made it again`);
      }
    });
  }

  /** Shares blocks where the file system can, else the file itself under a second name, else copies. */
  private async share(source: string, target: string): Promise<void> {
    const attempts = [
      () => this.disk.copyFile(source, target, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL),
      () => this.disk.link(source, target),
    ];
    for (const attempt of attempts) {
      try {
        return await attempt();
      } catch (error) {
        if (!NO_LINK.has(codeOf(error) ?? '')) throw error;
        await this.discardEmpty(target);
      }
    }
    await this.disk.copyFile(source, target, constants.COPYFILE_EXCL);
  }

  /** A refused reflink may leave an empty target behind. */
  private async discardEmpty(target: string): Promise<void> {
    const stats = await this.statOrNull(target);
    if (stats?.size === 0n) await removeIfThere(this.disk, target);
  }

  private async statOrNull(path: string): Promise<BigIntStats | null> {
    try {
      return await this.disk.stat(path, { bigint: true });
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    }
  }

  private async namesIn(folder: string): Promise<string[]> {
    return this.guard('listing blobs', folder, async () => {
      try {
        return await this.disk.readdir(folder);
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return [];
        throw error;
      }
    });
  }

  /** The name of a new file is on the disk only when its folder is, and that folder's own name when the one above it is. */
  private async syncFolders(lowest: string, highest: string): Promise<void> {
    for (let folder = lowest; ; folder = dirname(folder)) {
      const handle = await this.disk.open(folder, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
      if (folder === highest || folder === dirname(folder)) return;
    }
  }

  private async guard<Result>(doing: string, place: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw asStoreError(error, doing, place);
    }
  }
}

async function unchanged(file: FileHandle, before: BigIntStats): Promise<BigIntStats | null> {
  const after = await file.stat({ bigint: true });
  return before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs ? after : null;
}
