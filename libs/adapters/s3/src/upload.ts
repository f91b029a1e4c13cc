import { createHash } from 'node:crypto';
import { open, readFile, type FileHandle } from 'node:fs/promises';
import type { Part, S3Client } from './s3-client.js';
import { isMissing, isUploadGone } from './s3-fault.js';
import type { SpooledFile } from './spool.js';

/** Where an object goes, and in which pieces. */
export interface UploadTarget {
  client: S3Client;
  bucket: string;
  key: string;
  /** larger files go in parts of this size; S3 takes no parts below 5 MiB but the last */
  partBytes: number;
}

/** S3 takes at most this many parts. */
const MOST_PARTS = 10_000;

/**
 * Brings a file into the store. It appears there whole or not at all. A large one goes in parts, and goes on with the parts that an
 * interrupted upload of the same bytes left there.
 */
export async function upload(target: UploadTarget, file: SpooledFile): Promise<void> {
  const { client, bucket, key, partBytes } = target;
  if (file.sizeBytes <= partBytes) {
    await client.putObject(bucket, key, await readFile(file.path));
    return;
  }
  const known = await client.findUploadId(bucket, key);
  const uploadId = known ?? (await client.initiateNewMultipartUpload(bucket, key, {}));
  try {
    const there = known === undefined ? [] : await client.partsOf(bucket, key, uploadId);
    const parts = await sendParts(target, uploadId, file, new Map(there.map((part) => [part.part, part])));
    await client.completeMultipartUpload(bucket, key, uploadId, parts);
  } catch (error) {
    if (!isUploadGone(error)) throw error;
    // Somebody else who had the same bytes completed it, unless it was removed as stale.
    if ((await sizeOf(target)) !== file.sizeBytes) throw error;
  }
}

async function sendParts(
  { client, bucket, key, partBytes }: UploadTarget,
  uploadId: string,
  file: SpooledFile,
  there: ReadonlyMap<number, Part & { size: number }>,
): Promise<Part[]> {
  const size = Math.max(partBytes, Math.ceil(file.sizeBytes / MOST_PARTS));
  const parts: Part[] = [];
  const handle = await open(file.path, 'r');
  try {
    for (let number = 1, start = 0; start < file.sizeBytes; number++, start += size) {
      const bytes = await readPart(handle, start, Math.min(size, file.sizeBytes - start));
      const known = there.get(number);
      const isThere = known?.size === bytes.length && known.etag.replaceAll('"', '') === md5Of(bytes);
      parts.push(
        isThere ? { part: number, etag: known.etag } : await client.sendPart(bucket, key, uploadId, number, bytes),
      );
    }
  } finally {
    await handle.close();
  }
  return parts;
}

async function readPart(handle: FileHandle, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  const { bytesRead } = await handle.read(bytes, 0, length, start);
  return bytes.subarray(0, bytesRead);
}

/** The entity tag of a part is the MD5 digest of its bytes, which serves comparing here and nothing else. */
const md5Of = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex');

async function sizeOf({ client, bucket, key }: UploadTarget): Promise<number | null> {
  try {
    return (await client.statObject(bucket, key)).size;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
