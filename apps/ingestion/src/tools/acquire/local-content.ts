import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { refusal } from '../../errors.js';
import { filesIn, tarOf } from './folder-tar.js';
import { bytesOf, type Reading } from './local-file.js';

/**
 * A file or folder of this machine as the bytes of a source: a file as it is, a folder as a tar. Whoever reads it, and however often, reads
 * the same bytes, or hears that it changed.
 */
export interface LocalContent {
  /** the source's own name; that of a folder ends in `.tar` */
  name: string;
  fileCount: number;
  /** of the files together; a tar has headers besides */
  sizeBytes: number;
  /** @throws INGESTION_SOURCE_CHANGED, INGESTION_SOURCE_ABSENT, INGESTION_SOURCE_UNREADABLE */
  read(reading: Reading): AsyncGenerator<Buffer>;
}

/**
 * Looks at a file or folder, without reading what is in the files.
 * @param from as it was given, for names and messages @param place where that leads
 * @param warn is told what of a folder is left out
 * @throws INGESTION_SOURCE_ABSENT, INGESTION_SOURCE_UNREADABLE, INGESTION_SOURCE_FORM, INGESTION_SOURCE_EMPTY
 */
export async function openContent(from: string, place: string, warn: (message: string) => void): Promise<LocalContent> {
  const found = await stat(place);
  if (found.isDirectory()) {
    const files = await filesIn(place, warn);
    if (files.length === 0) throw refusal('INGESTION_SOURCE_EMPTY', { from });
    const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    const name = `${basename(from) || 'root'}.tar`;
    return { name, fileCount: files.length, sizeBytes, read: (reading) => tarOf(place, files, reading) };
  }
  if (!found.isFile()) throw refusal('INGESTION_SOURCE_FORM', { from, reason: 'it is neither file nor folder' });
  if (found.size === 0) throw refusal('INGESTION_SOURCE_EMPTY', { from });
  const stamp = { sizeBytes: found.size, mtimeMs: found.mtimeMs };
  return {
    name: basename(from),
    fileCount: 1,
    sizeBytes: found.size,
    read: (reading) => bytesOf(place, stamp, reading),
  };
}
