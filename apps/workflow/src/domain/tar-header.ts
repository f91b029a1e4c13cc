/** One entry of a tar archive: a regular file or a folder; nothing else is written or read here. */
export interface TarEntry {
  name: string;
  sizeBytes: number;
  kind: 'file' | 'folder' | 'other';
}

export const TAR_BLOCK = 512;
const MAX_OCTAL_SIZE = 0o77777777777;

/** Bytes that follow an entry's content up to the next block. */
export const tarPadding = (sizeBytes: number): number => (TAR_BLOCK - (sizeBytes % TAR_BLOCK)) % TAR_BLOCK;

/**
 * The header of a file in a ustar archive, with owner, time and mode fixed, so that equal content gives equal bytes.
 * Sizes from 8 GiB are written in base 256, as GNU and POSIX readers understand.
 */
export function encodeTarHeader(name: string, sizeBytes: number): Buffer {
  const header = Buffer.alloc(TAR_BLOCK);
  if (Buffer.byteLength(name) > 100) throw new RangeError(`'${name}' is too long for a tar header`);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  writeSize(header, sizeBytes);
  header.write('00000000000\0', 136);
  header.write('0', 156);
  header.write('ustar\0' + '00', 257);
  header.write(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

function writeSize(header: Buffer, sizeBytes: number): void {
  if (sizeBytes <= MAX_OCTAL_SIZE) {
    header.write(`${sizeBytes.toString(8).padStart(11, '0')}\0`, 124);
    return;
  }
  header[124] = 0x80;
  header.writeBigUInt64BE(BigInt(sizeBytes), 128);
}

/** The sum of all bytes of a header, with the field of the checksum read as blanks. */
function checksumOf(header: Buffer): number {
  let sum = 0;
  for (let i = 0; i < TAR_BLOCK; i++) sum += i >= 148 && i < 156 ? 0x20 : header[i]!;
  return sum;
}

/** @returns the entry of a header block, null for the block of zeros that ends an archive, or what is wrong with it */
export function decodeTarHeader(header: Buffer): TarEntry | null | { mistake: string } {
  if (header.every((byte) => byte === 0)) return null;
  const written = parseInt(textOf(header, 148, 8).trim(), 8);
  if (written !== checksumOf(header))
    return { mistake: 'a header with a wrong checksum; is the file cut, or compressed?' };
  const sizeBytes = sizeOf(header);
  if (sizeBytes === null) return { mistake: 'a size that is not a number' };
  const prefix = header.subarray(257, 263).toString('latin1').startsWith('ustar\0') ? textOf(header, 345, 155) : '';
  const name = textOf(header, 0, 100);
  return { name: prefix === '' ? name : `${prefix}/${name}`, sizeBytes, kind: kindOf(header[156]!) };
}

const textOf = (header: Buffer, start: number, length: number): string =>
  header
    .subarray(start, start + length)
    .toString('utf8')
    .replace(/\0[\s\S]*$/, '');

function sizeOf(header: Buffer): number | null {
  if (header[124] === 0x80) {
    const size = header.readBigUInt64BE(128);
    return size <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(size) : null;
  }
  const text = textOf(header, 124, 12).trim();
  return /^[0-7]+$/.test(text) ? parseInt(text, 8) : null;
}

function kindOf(flag: number): TarEntry['kind'] {
  const letter = String.fromCharCode(flag);
  return letter === '0' || letter === '\0' ? 'file' : letter === '5' ? 'folder' : 'other';
}
