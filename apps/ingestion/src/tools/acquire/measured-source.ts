import { createHash } from 'node:crypto';
import type { Digest, SourceMetadata } from '@sedge/artifact-contracts';
import type { InputBorder } from '@sedge/tool-contracts';
import { HEAD_BYTES, formatOfHead } from '../archive/open-archive.js';
import { explain, openLocal } from './local-source.js';
import { SOURCE_FILE, assertDigest, sourceFormatOf } from './source-artifact.js';

/** What is measured, and how. */
export interface Measuring {
  /** absolute */
  path: string;
  /** places that are never taken, absolute */
  closed: InputBorder['closed'];
  /** checksum that the content must have */
  sha256: string | null;
  /** told what of a folder is left out */
  warn(message: string): void;
  signal: AbortSignal;
  progress(doneBytes: number, totalBytes: number): void;
}

/** The source artifact that `acquire-source` makes of a file or folder of this machine, told without a copy of it. */
export interface MeasuredSource {
  metadata: SourceMetadata;
  file: { path: string; digest: Digest; sizeBytes: number };
  fileCount: number;
  /** Its bytes once more. @throws INGESTION_SOURCE_CHANGED with the file that changed since */
  read(signal: AbortSignal): AsyncGenerator<Buffer>;
}

/** Reads a file or folder once, to say what it is as a source. @throws INGESTION_SOURCE_… */
export async function measureSource({
  path,
  closed,
  sha256,
  warn,
  signal,
  progress,
}: Measuring): Promise<MeasuredSource> {
  const explained = (error: unknown): Error => explain(error as NodeJS.ErrnoException, path);
  try {
    const content = await openLocal(path, { folders: null, closed }, warn);
    const { name, fileCount, sizeBytes: totalBytes } = content;
    const found = await measure(content.read({ signal, progress: (done) => progress(done, totalBytes) }));
    if (sha256 !== null) assertDigest(path, found.sha256, sha256);
    const { sizeBytes, format } = found;
    const file = { path: SOURCE_FILE, digest: `sha256:${found.sha256}` as Digest, sizeBytes };
    const read = (again: AbortSignal): AsyncGenerator<Buffer> =>
      explaining(content.read({ signal: again, progress: () => undefined }), explained);
    return { metadata: { name, format, sizeBytes }, file, fileCount, read };
  } catch (error) {
    throw explained(error);
  }
}

async function measure(
  bytes: ReturnType<MeasuredSource['read']>,
): Promise<{ sha256: string; sizeBytes: number; format: SourceMetadata['format'] }> {
  const hash = createHash('sha256');
  let head = Buffer.alloc(0);
  let sizeBytes = 0;
  for await (const chunk of bytes) {
    hash.update(chunk);
    sizeBytes += chunk.length;
    if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES - head.length)]);
  }
  return { sha256: hash.digest('hex'), sizeBytes, format: sourceFormatOf(formatOfHead(head)) };
}

async function* explaining(
  bytes: AsyncGenerator<Buffer>,
  explained: (error: unknown) => Error,
): AsyncGenerator<Buffer> {
  try {
    yield* bytes;
  } catch (error) {
    throw explained(error);
  }
}
