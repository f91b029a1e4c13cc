import { createReadStream } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';
import { readMemberPath } from '../../domain/member-path.js';
import { byText } from '../../domain/recording.js';
import { printable } from '../../domain/skip-reasons.js';
import { refusal } from '../../errors.js';
import { assertUnchanged, type FileStamp, type Reading } from './local-file.js';

const WHOLE_BYTES = 1 << 20;

interface FolderFile extends FileStamp {
  /** from the folder, with `/` */
  path: string;
}

/**
 * All plain files of a folder, sorted by path. Links are left out: what they lead to need not be part of the folder.
 * @param warn is told what is left out
 */
export async function filesIn(folder: string, warn: (message: string) => void): Promise<FolderFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const root = resolve(folder);
  const files: FolderFile[] = [];
  for (const entry of entries) {
    const place = join(entry.parentPath, entry.name);
    const path = place.slice(root === '/' ? 1 : root.length + 1);
    const { use } = readMemberPath(path);
    if (use === 'ignored' || entry.isDirectory()) continue;
    const oddity = use === 'refused' ? 'its name is odd' : entry.isSymbolicLink() ? 'it is a link' : 'it is no file';
    if (use === 'refused' || !entry.isFile()) warn(`${printable(place)} was left out: ${oddity}`);
    else {
      const { size, mtimeMs } = await stat(place);
      files.push({ path, sizeBytes: size, mtimeMs });
    }
  }
  return files.sort((a, b) => byText(a.path, b.path));
}

/**
 * The tar of a folder's files, which holds nothing of when, where and by whom: sorted by path, with fixed times, owner and rights.
 * @throws INGESTION_SOURCE_CHANGED with the file that is not any more as it was listed
 */
export async function* tarOf(folder: string, files: readonly FolderFile[], reading: Reading): AsyncGenerator<Buffer> {
  const packing = pack();
  // What can't be added ends the reading below.
  const fault = addAll(packing, folder, files, reading).then(
    () => null,
    (error: Error) => {
      packing.destroy(error);
      return error;
    },
  );
  try {
    for await (const chunk of packing) yield chunk as Buffer;
  } catch (error) {
    // The packing itself only knows that a member came out too short.
    throw (await fault) ?? error;
  } finally {
    packing.destroy();
  }
}

async function addAll(
  packing: Pack,
  folder: string,
  files: readonly FolderFile[],
  { signal, progress }: Reading,
): Promise<void> {
  let done = 0;
  for (const file of files) {
    signal.throwIfAborted();
    const place = join(folder, file.path);
    await assertUnchanged(place, file);
    await addFile(packing, place, file);
    done += file.sizeBytes;
    progress(done);
  }
  packing.finalize();
}

async function addFile(packing: Pack, place: string, file: FolderFile): Promise<void> {
  const { path, sizeBytes } = file;
  const header = { name: path, size: sizeBytes, mode: 0o644, mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '' };
  if (sizeBytes <= WHOLE_BYTES) return addWhole(packing, place, header);
  // A file that grows meanwhile must not spill into the next header.
  const source = createReadStream(place, { end: sizeBytes - 1, highWaterMark: 1 << 20 });
  try {
    await pipeline(source, packing.entry(header) as unknown as Writable);
  } catch (error) {
    const isShort = error instanceof Error && /size mismatch/i.test(error.message);
    throw isShort ? refusal('INGESTION_SOURCE_CHANGED', { from: place }) : error;
  }
  await assertUnchanged(place, file);
}

/** Data sets are many small files: a stream for each would cost more than what is in it. */
async function addWhole(packing: Pack, place: string, header: { name: string; size: number }): Promise<void> {
  const content = await readFile(place);
  if (content.length !== header.size) throw refusal('INGESTION_SOURCE_CHANGED', { from: place });
  await new Promise<void>((resolve, reject) => {
    packing.entry(header, content, (error) => (error ? reject(error) : resolve()));
  });
}
