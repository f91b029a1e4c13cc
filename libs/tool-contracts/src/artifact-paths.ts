import { isSafeRelativePath } from '@sedge/artifact-contracts';
import { METADATA_FILE } from './protocol.js';

/** Of one part of a path, in bytes: what ext4, XFS and APFS take (NAME_MAX). */
const MAX_PART_BYTES = 255;

/** Why files with these paths can't be laid out together as the folder of an artifact: the first mistake, or null. */
export function mistakeOfPaths(paths: readonly string[]): { path: string; reason: string } | null {
  const files = new Set<string>();
  for (const path of paths) {
    const reason = mistakeOf(path) ?? (files.has(path) ? 'it is there twice' : null);
    if (reason !== null) return { path, reason };
    files.add(path);
  }
  const sorted = [...paths].sort();
  for (const file of [METADATA_FILE, ...paths]) {
    const within = firstFrom(sorted, `${file}/`);
    if (!within?.startsWith(`${file}/`)) continue;
    return { path: within, reason: `'${file}' is a file, so it can't be a folder too` };
  }
  return null;
}

/** The first of sorted texts that does not come before another one. */
function firstFrom(sorted: readonly string[], text: string): string | undefined {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < text) low = middle + 1;
    else high = middle;
  }
  return sorted[low];
}

/** Why a path is none that is safe on every machine. */
function unsafety(path: string): string {
  const parts = path.split('/');
  if (path === '') return 'it is empty';
  if (path.startsWith('/') || parts.includes('..')) return 'it leaves the artifact';
  if (path.includes('\\')) return 'it holds a backslash; its parts are separated by /';
  if (path.includes(':')) return 'it holds a colon, which names of files can not hold everywhere';
  if (parts.includes('')) return 'a part of it is empty';
  if (parts.includes('.')) return "a part of it is '.'";
  return path.includes('\0') ? 'it holds a NUL character' : 'it is too long';
}

function mistakeOf(path: string): string | null {
  if (!isSafeRelativePath(path)) return unsafety(path);
  if (path === METADATA_FILE) return `${METADATA_FILE} is the name of the artifact's metadata`;
  const isLong = path
    .split('/')
    .some((part) => part.length > MAX_PART_BYTES / 3 && Buffer.byteLength(part) > MAX_PART_BYTES);
  return isLong ? `a part of it has more than ${MAX_PART_BYTES} bytes` : null;
}
