import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { InputBorder } from '@sedge/tool-contracts';
import { refusal } from '../../errors.js';
import type { Acquisition } from './acquire-source.js';
import { admittedPath } from './admitted-path.js';
import { openContent, type LocalContent } from './local-content.js';
import { assertRoom, tooLarge } from './resumable-download.js';

/** Of a tar, beside each file: its header and what fills its last block. */
const MEMBER_BYTES = 1024;

/** Takes a file as it is, or a folder as a tar, from where the service may. @throws INGESTION_SOURCE_… */
export async function takeLocal(from: string, acquisition: Acquisition): Promise<{ name: string }> {
  const { path, maxBytes, context } = acquisition;
  try {
    const content = await openLocal(from, context.border, (message) => context.log('warn', message));
    const { name, sizeBytes, fileCount } = content;
    if (sizeBytes > maxBytes) throw tooLarge(from, sizeBytes, maxBytes);
    await mkdir(dirname(path), { recursive: true });
    await assertRoom(dirname(path), sizeBytes + MEMBER_BYTES * fileCount, from);
    const progress = (done: number): void => context.progress(done, sizeBytes, 'bytes');
    await pipeline(content.read({ signal: context.signal, progress }), createWriteStream(path), {
      signal: context.signal,
    });
    return { name };
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException, from);
  }
}

/** A file or folder of this machine, if inputs may come from there. @throws INGESTION_SOURCE_… */
export async function openLocal(
  from: string,
  border: Pick<InputBorder, 'folders' | 'closed'>,
  warn: (message: string) => void,
): Promise<LocalContent> {
  return openContent(from, await admittedPath(from, border), warn);
}

/** Says of a fault of the file system what it means for an input; other errors are given back as they are. */
export function explain(error: NodeJS.ErrnoException, from: string): Error {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return refusal('INGESTION_SOURCE_ABSENT', { from });
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return refusal('INGESTION_SOURCE_UNREADABLE', { from: error.path ?? from, reason: 'it is not allowed' });
  }
  return error;
}
