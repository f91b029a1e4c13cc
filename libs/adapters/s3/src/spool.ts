import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Digest } from '@sedge/artifact-contracts';

/** Bytes on their way into the store, in a local file of ours: their digest must be known before they have a name there. */
export interface SpooledFile {
  path: string;
  digest: Digest;
  sizeBytes: number;
}

/** A folder for bytes on their way. */
export class Spool {
  constructor(private readonly folder: string) {}

  /** Writes bytes to a file of its own, gives it to `use`, and removes it. */
  async with<Result>(
    bytes: Readable | Uint8Array | string,
    use: (file: SpooledFile) => Promise<Result>,
  ): Promise<Result> {
    return this.withPath(async (path) => use({ path, ...(await write(path, bytes)) }));
  }

  /** The same for a local file, which its owner may change meanwhile: so it is copied, by sharing blocks where the file system can. */
  async withFile<Result>(source: string, use: (file: SpooledFile) => Promise<Result>): Promise<Result> {
    return this.withPath(async (path) => {
      await copyFile(source, path, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
      return use({ path, digest: `sha256:${hash.digest('hex')}`, sizeBytes: (await stat(path)).size });
    });
  }

  async names(): Promise<string[]> {
    return readdir(this.folder).catch(() => []);
  }

  /** @returns how many */
  async removeOlderThan(ms: number): Promise<number> {
    let removed = 0;
    for (const name of await this.names()) {
      const path = join(this.folder, name);
      const stats = await stat(path).catch(() => null);
      // A file's time has fractions of a millisecond and the clock's has none: what was written just now is not from the future.
      if (!stats || Date.now() - Math.floor(stats.mtimeMs) < ms) continue;
      await rm(path, { force: true });
      removed++;
    }
    return removed;
  }

  private async withPath<Result>(work: (path: string) => Promise<Result>): Promise<Result> {
    await mkdir(this.folder, { recursive: true });
    const path = join(this.folder, `${randomUUID()}.partial`);
    try {
      return await work(path);
    } finally {
      await rm(path, { force: true });
    }
  }
}

async function write(
  path: string,
  bytes: Readable | Uint8Array | string,
): Promise<{ digest: Digest; sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const file = await open(path, 'wx', 0o600);
  try {
    const chunks = bytes instanceof Readable ? bytes : [typeof bytes === 'string' ? Buffer.from(bytes) : bytes];
    for await (const chunk of chunks) {
      const part = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
      hash.update(part);
      await file.writeFile(part);
      sizeBytes += part.byteLength;
    }
  } finally {
    await file.close();
  }
  return { digest: `sha256:${hash.digest('hex')}`, sizeBytes };
}
