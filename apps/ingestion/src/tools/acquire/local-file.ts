import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { refusal } from '../../errors.js';

/** What a file was when it was listed. */
export interface FileStamp {
  sizeBytes: number;
  mtimeMs: number;
}

/** How content is read. */
export interface Reading {
  signal: AbortSignal;
  /** told how many bytes of the files were read */
  progress(doneBytes: number): void;
}

/** A file's bytes as it was listed. @throws INGESTION_SOURCE_CHANGED */
export async function* bytesOf(place: string, stamp: FileStamp, { signal, progress }: Reading): AsyncGenerator<Buffer> {
  await assertUnchanged(place, stamp);
  // A file that grows meanwhile is not read beyond what was listed.
  const source = createReadStream(place, { end: stamp.sizeBytes - 1, highWaterMark: 1 << 20, signal });
  let done = 0;
  for await (const chunk of source) {
    done += (chunk as Buffer).length;
    progress(done);
    yield chunk as Buffer;
  }
  if (done !== stamp.sizeBytes) throw refusal('INGESTION_SOURCE_CHANGED', { from: place });
  await assertUnchanged(place, stamp);
}

/** @throws INGESTION_SOURCE_CHANGED where a file is not any more what it was when it was listed */
export async function assertUnchanged(place: string, { sizeBytes, mtimeMs }: FileStamp): Promise<void> {
  const now = await stat(place).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? refusal('INGESTION_SOURCE_CHANGED', { from: place }) : error;
  });
  if (now.size !== sizeBytes || now.mtimeMs !== mtimeMs) throw refusal('INGESTION_SOURCE_CHANGED', { from: place });
}
