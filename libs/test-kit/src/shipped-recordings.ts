import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

const ARCHIVE = join(import.meta.dirname, '..', '..', '..', 'examples', 'keyword-spotting', 'speech-commands.tar');
const BLOCK = 512;

/** A recording of the shipped example: `yes/0a7c2a8d_nohash_0.flac`, and the file's bytes. */
export interface ShippedRecording {
  path: string;
  bytes: Buffer;
}

/** The first recordings of words in the shipped archive, which is a plain ustar. */
export function shippedRecordings(count: number): ShippedRecording[] {
  const file = openSync(ARCHIVE, 'r');
  const read = (at: number, size: number): Buffer => {
    const bytes = Buffer.alloc(size);
    readSync(file, bytes, 0, size, at);
    return bytes;
  };
  const found: ShippedRecording[] = [];
  try {
    for (let at = 0; found.length < count;) {
      const header = read(at, BLOCK);
      const path = header.toString('latin1', 0, 100).replace(/\0.*$/s, '');
      if (path === '') break;
      const size = parseInt(header.toString('latin1', 124, 136), 8);
      if (/^[a-z]+\/.*\.flac$/.test(path)) found.push({ path, bytes: read(at + BLOCK, size) });
      at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    }
  } finally {
    closeSync(file);
  }
  return found;
}
