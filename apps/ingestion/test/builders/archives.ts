import { spawnSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';

export interface TestMember {
  path: string;
  content?: Uint8Array | string;
  type?: Header['type'];
  linkname?: string;
}

/** A tar archive in memory, its members in the order given. */
export async function tarOf(members: TestMember[]): Promise<Buffer> {
  const packing = pack();
  for (const { path, content = '', type = 'file', linkname } of members) {
    packing.entry({ name: path, type, mtime: new Date(0), ...(linkname && { linkname }) }, Buffer.from(content));
  }
  packing.finalize();
  return buffer(packing as unknown as Readable);
}

export const tarGzOf = async (members: TestMember[]): Promise<Buffer> => gzipSync(await tarOf(members), { level: 1 });

/** A tar member's header by hand, for what a library refuses to write. */
export function tarHeader(path: string, sizeBytes: number, type = '0'): Buffer {
  const header = Buffer.alloc(512);
  header.write(path, 0, 100, 'utf8');
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${sizeBytes.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

export interface ZipMember {
  path: string | Buffer;
  content?: Uint8Array | string;
  /** Unix mode, e.g. 0o120777 for a link */
  mode?: number;
  /** a size to claim in place of the right one */
  claimedBytes?: number;
  method?: number;
  flags?: number;
}

/** A zip archive by hand, so that each field can lie. */
export function zipOf(members: ZipMember[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { path, content = '', mode = 0o100644, claimedBytes, method = 8, flags = 0x800 } of members) {
    const bytes = Buffer.from(content);
    const packed = method === 8 ? deflateRawSync(bytes) : bytes;
    const name = Buffer.from(path as string);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(flags, 2);
    fields.writeUInt16LE(method, 4);
    fields.writeUInt32LE(checksum(bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(claimedBytes ?? bytes.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, name, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((mode << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), fields, tail, name]));
    parts.push(local);
    offset += local.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(entries.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, entries, end]);
}

const checksum = (bytes: Uint8Array): number => (crc32 as unknown as (data: Uint8Array) => number)(bytes);

/** Writes `count` members of a tar archive to a file without holding them. */
export async function writeManyMembers(path: string, count: number, bytesEach: number): Promise<void> {
  function* blocks(): Generator<Buffer> {
    const content = Buffer.alloc(Math.ceil(bytesEach / 512) * 512, 1);
    for (let index = 0; index < count; index++) yield Buffer.concat([tarHeader(`x/${index}`, bytesEach), content]);
    yield Buffer.alloc(1024);
  }
  await pipeline(Readable.from(blocks()), createWriteStream(path));
}

/** Writes zeros packed as small as gzip can. */
export async function writeGzipBomb(path: string, expandedBytes: number): Promise<void> {
  const head = tarHeader('yes/0a_nohash_0.wav', expandedBytes);
  const zeros = gzipSync(Buffer.alloc(64 << 20), { level: 9 });
  const parts = [gzipSync(head), ...Array.from({ length: Math.ceil(expandedBytes / (64 << 20)) }, () => zeros)];
  await writeFile(path, Buffer.concat(parts));
}

export const hasProgram = (name: string): boolean => spawnSync('which', [name]).status === 0;
