import type { Digest } from '@sedge/artifact-contracts';
import type { ByteRange } from '@sedge/ports';
import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

const CHUNK_BYTES = 1 << 20;

/** Yields the bytes of an open file from `range.start` to `range.end`, inclusive. */
export async function* bytesOf(file: FileHandle, range: ByteRange): AsyncGenerator<Buffer, void> {
  let position = range.start;
  while (position <= range.end) {
    const length = Math.min(CHUNK_BYTES, range.end - position + 1);
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, position);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
  }
}

/** Reads a file whole. @returns its digest, and its state when that held from the first byte to the last */
export async function digestOfFile(file: FileHandle): Promise<{ digest: Digest; stable: BigIntStats | null }> {
  const before = await file.stat({ bigint: true });
  const hash = createHash('sha256');
  for await (const chunk of bytesOf(file, { start: 0, end: Number(before.size) - 1 })) hash.update(chunk);
  const after = await file.stat({ bigint: true });
  const isStable = before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs && before.size === after.size;
  return { digest: `sha256:${hash.digest('hex')}`, stable: isStable ? after : null };
}
