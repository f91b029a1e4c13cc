import type { Digest } from '@sedge/artifact-contracts';
import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { digestOfFile } from './blob-reading.js';
import { codeOf } from './disk-fault.js';
import type { Disk } from './disk.js';

/** A complete file under a temporary name, on the disk and not only in its cache. */
export interface TemporaryFile {
  path: string;
  digest: Digest;
  sizeBytes: number;
}

const READ_ONLY = 0o444;

/** Writes bytes to a temporary file; when anything fails, none is left. */
export async function writeTemporary(
  disk: Disk,
  folder: string,
  bytes: Readable | Uint8Array | string,
): Promise<TemporaryFile> {
  return withTemporary(disk, folder, async (path) => {
    const file = await disk.open(path, 'wx', 0o600);
    try {
      const written = await writeAll(file, chunksOf(bytes));
      await file.chmod(READ_ONLY);
      await file.sync();
      return { path, ...written };
    } finally {
      await file.close();
    }
  });
}

/**
 * Copies a local file to a temporary file; a file system that can shares the blocks (reflink). A hard link would be cheaper elsewhere, but the
 * file belongs to somebody else who may write to it later, and its mode would change under their hands.
 */
export async function copyToTemporary(disk: Disk, folder: string, source: string): Promise<TemporaryFile> {
  return withTemporary(disk, folder, async (path) => {
    await disk.copyFile(source, path, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    await disk.chmod(path, READ_ONLY);
    const file = await disk.open(path, 'r');
    try {
      const { digest } = await digestOfFile(file);
      await file.sync();
      return { path, digest, sizeBytes: (await file.stat()).size };
    } finally {
      await file.close();
    }
  });
}

async function withTemporary(
  disk: Disk,
  folder: string,
  fill: (path: string) => Promise<TemporaryFile>,
): Promise<TemporaryFile> {
  await disk.mkdir(folder, { recursive: true });
  const path = join(folder, `${randomUUID()}.partial`);
  try {
    return await fill(path);
  } catch (error) {
    await removeIfThere(disk, path);
    throw error;
  }
}

/** Removes a file; that it isn't there is fine. */
export async function removeIfThere(disk: Disk, path: string): Promise<void> {
  await disk.unlink(path).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw error;
  });
}

function chunksOf(bytes: Readable | Uint8Array | string): AsyncIterable<unknown> | Iterable<unknown> {
  if (bytes instanceof Readable) return bytes;
  return [typeof bytes === 'string' ? Buffer.from(bytes) : bytes];
}

async function writeAll(
  file: FileHandle,
  chunks: AsyncIterable<unknown> | Iterable<unknown>,
): Promise<{ digest: Digest; sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
    hash.update(bytes);
    await writeChunk(file, bytes);
    sizeBytes += bytes.byteLength;
  }
  return { digest: `sha256:${hash.digest('hex')}`, sizeBytes };
}

/** A disk that fills up may write part of a chunk before it says so. */
async function writeChunk(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let offset = 0;
  while (offset < bytes.byteLength) {
    const { bytesWritten } = await file.write(bytes, offset, bytes.byteLength - offset);
    offset += bytesWritten;
  }
}
