import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';
import { readMemberPath } from '../../domain/member-path.js';
import { byText } from '../../domain/recording.js';
import { printable } from '../../domain/skip-reasons.js';
import { refusal } from '../../errors.js';
import type { Acquisition } from './acquire-source.js';
import { assertRoom, tooLarge } from './resumable-download.js';

const WHOLE_BYTES = 1 << 20;

interface FolderFile {
  /** from the folder, with `/` */
  path: string;
  sizeBytes: number;
}

/** Packs a folder as a tar that holds nothing of when, where and by whom: files sorted by path, with fixed times, owner and rights. */
export async function packFolder(folder: string, acquisition: Acquisition): Promise<void> {
  const files = await filesIn(folder, acquisition);
  if (files.length === 0) throw refusal('INGESTION_SOURCE_EMPTY', { from: folder });
  const total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (total > acquisition.maxBytes) throw tooLarge(folder, total, acquisition.maxBytes);
  await assertRoom(dirname(acquisition.path), total + 1024 * files.length, folder);
  const packing = pack();
  const { signal } = acquisition.context;
  const written = pipeline(packing as unknown as Readable, createWriteStream(acquisition.path), { signal });
  try {
    await Promise.all([written, addAll(packing, folder, files, total, acquisition)]);
  } catch (error) {
    packing.destroy();
    await written.catch(() => undefined);
    throw error;
  }
}

async function addAll(
  packing: Pack,
  folder: string,
  files: FolderFile[],
  total: number,
  { context }: Acquisition,
): Promise<void> {
  let done = 0;
  for (const file of files) {
    context.signal.throwIfAborted();
    const place = join(folder, file.path);
    const { size } = await stat(place);
    if (size !== file.sizeBytes) throw refusal('INGESTION_SOURCE_CHANGED', { from: place });
    await addFile(packing, place, file);
    done += file.sizeBytes;
    context.progress(done, total, 'bytes');
  }
  packing.finalize();
}

async function addFile(packing: Pack, place: string, { path, sizeBytes }: FolderFile): Promise<void> {
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
}

/** Data sets are many small files: a stream for each would cost more than what is in it. */
async function addWhole(packing: Pack, place: string, header: { name: string; size: number }): Promise<void> {
  const content = await readFile(place);
  if (content.length !== header.size) throw refusal('INGESTION_SOURCE_CHANGED', { from: place });
  await new Promise<void>((resolve, reject) => {
    packing.entry(header, content, (error) => (error ? reject(error) : resolve()));
  });
}

/** All plain files, sorted by path. Links are left out: what they lead to need not be part of the folder. */
async function filesIn(folder: string, { context }: Acquisition): Promise<FolderFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const root = resolve(folder);
  const files: FolderFile[] = [];
  for (const entry of entries) {
    const place = join(entry.parentPath, entry.name);
    const path = place.slice(root === '/' ? 1 : root.length + 1);
    const { use } = readMemberPath(path);
    if (use === 'ignored' || entry.isDirectory()) continue;
    const oddity = use === 'refused' ? 'its name is odd' : entry.isSymbolicLink() ? 'it is a link' : 'it is no file';
    if (use === 'refused' || !entry.isFile()) context.log('warn', `${printable(place)} was left out: ${oddity}`);
    else files.push({ path, sizeBytes: (await stat(place)).size });
  }
  return files.sort((a, b) => byText(a.path, b.path));
}
