import { open, stat } from 'node:fs/promises';
import { refusal } from '../../errors.js';
import { ARCHIVE_LIMITS, type Archive, type ArchiveLimits } from './archive-member.js';
import { TarArchive } from './tar-archive.js';
import { ZipArchive } from './zip-archive.js';

export interface ArchiveOptions {
  /** the archive's own name, for messages */
  name: string;
  signal: AbortSignal;
  limits?: ArchiveLimits;
}

/** How much of a file's beginning tells what it is. */
export const HEAD_BYTES = 512;

/** What a file is, by its first bytes: its name is not asked. */
const SIGNATURES: [format: string, offset: number, bytes: number[]][] = [
  ['gzip', 0, [0x1f, 0x8b]],
  ['zip', 0, [0x50, 0x4b, 0x03, 0x04]],
  ['zip', 0, [0x50, 0x4b, 0x05, 0x06]],
  ['tar', 257, [...Buffer.from('ustar')]],
  ['a bzip2 file', 0, [...Buffer.from('BZh')]],
  ['an xz file', 0, [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['a Zstandard file', 0, [0x28, 0xb5, 0x2f, 0xfd]],
  ['a 7-Zip file', 0, [0x37, 0x7a, 0xbc, 0xaf]],
  ['a RAR file', 0, [...Buffer.from('Rar!')]],
  ['a WAV file', 8, [...Buffer.from('WAVE')]],
  ['a FLAC file', 0, [...Buffer.from('fLaC')]],
];

/** Opens a tar, tar.gz or zip archive. @throws INGESTION_ARCHIVE_FORMAT when it is something else; reading throws the other INGESTION_ARCHIVE_ errors */
export async function openArchive(path: string, options: ArchiveOptions): Promise<Archive> {
  const { name, signal, limits = ARCHIVE_LIMITS } = options;
  const { size: sizeBytes } = await stat(path);
  const format = await formatOf(path);
  if (format === 'gzip' || format === 'tar') {
    const archive = new TarArchive({ path, name, isPacked: format === 'gzip', limits, signal });
    return { members: archive.members(), sizeBytes, consumedBytes: () => archive.consumedBytes() };
  }
  if (format === 'zip') {
    const archive = new ZipArchive({ path, name, sizeBytes, limits, signal });
    return { members: archive.members(), sizeBytes, consumedBytes: () => archive.consumedBytes() };
  }
  throw refusal('INGESTION_ARCHIVE_FORMAT', { name, found: format });
}

/** What a file is, e.g. `gzip`, `tar`, `zip` or a description for messages. */
export async function formatOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return formatOfHead(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** What a file is, by its first `HEAD_BYTES` bytes, or all of them where it has fewer. */
export function formatOfHead(head: Buffer): string {
  if (head.length === 0) return 'an empty file';
  const known = SIGNATURES.find(([, offset, bytes]) => bytes.every((byte, index) => head[offset + index] === byte));
  if (known) return known[0];
  return isOldTar(head) ? 'tar' : 'a file of an unknown format';
}

/** Archives from before 1988 have no signature; the check sum of the first header tells. Its own field counts as eight spaces. */
function isOldTar(head: Buffer): boolean {
  if (head.length < HEAD_BYTES) return false;
  const stated = Number.parseInt(head.toString('latin1', 148, 156).trim(), 8);
  const sum = head.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  return stated === sum;
}
