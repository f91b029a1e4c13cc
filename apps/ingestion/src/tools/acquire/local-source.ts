import { createReadStream, createWriteStream, type Stats } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { refusal } from '../../errors.js';
import type { Acquisition } from './acquire-source.js';
import { admittedPath } from './admitted-path.js';
import { packFolder } from './folder-tar.js';
import { assertRoom, tooLarge } from './resumable-download.js';

/** Takes a file as it is, or a folder as a tar, from where the service may. @throws INGESTION_SOURCE_… */
export async function takeLocal(from: string, acquisition: Acquisition): Promise<{ name: string }> {
  try {
    const place = await admittedPath(from, acquisition.context.border);
    const found = await stat(place);
    await mkdir(dirname(acquisition.path), { recursive: true });
    if (found.isDirectory()) {
      await packFolder(place, acquisition);
      return { name: `${basename(from) || 'root'}.tar` };
    }
    if (!found.isFile()) {
      throw refusal('INGESTION_SOURCE_FORM', { from, reason: 'it is neither file nor folder' });
    }
    await copy(place, found, acquisition);
    return { name: basename(from) };
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException, from);
  }
}

async function copy(from: string, found: Stats, { path, maxBytes, context }: Acquisition): Promise<void> {
  if (found.size === 0) throw refusal('INGESTION_SOURCE_EMPTY', { from });
  if (found.size > maxBytes) throw tooLarge(from, found.size, maxBytes);
  await assertRoom(dirname(path), found.size, from);
  let done = 0;
  async function* counted(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
    for await (const chunk of source) {
      done += chunk.length;
      context.progress(done, found.size, 'bytes');
      yield chunk;
    }
  }
  const source = createReadStream(from, { highWaterMark: 1 << 20 });
  await pipeline(source, counted, createWriteStream(path), { signal: context.signal });
  const after = await stat(from);
  if (done !== found.size || after.size !== found.size || after.mtimeMs !== found.mtimeMs) {
    throw refusal('INGESTION_SOURCE_CHANGED', { from });
  }
}

export function explain(error: NodeJS.ErrnoException, from: string): Error {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return refusal('INGESTION_SOURCE_ABSENT', { from });
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return refusal('INGESTION_SOURCE_UNREADABLE', { from, reason: 'it is not allowed' });
  }
  return error;
}
