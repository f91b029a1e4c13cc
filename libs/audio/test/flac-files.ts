import { createHash } from 'node:crypto';
import { crc16, crc8 } from '../src/flac/crc.js';

export interface FlacFields {
  rateHz?: number;
  /** what the header claims in place of the truth */
  claimedSamples?: number;
  md5?: string;
}

const BLOCK = 4096;

/** A FLAC file of 16-bit mono: each block as it is, or as one value where all its samples are equal. Enough to plant faults in. */
export function flacOf(samples: Int16Array, fields: FlacFields = {}): Buffer {
  const frames: Buffer[] = [];
  for (let at = 0; at < samples.length; at += BLOCK) frames.push(frameOf(samples.subarray(at, at + BLOCK), at / BLOCK));
  return Buffer.concat([headOf(samples, fields), ...frames]);
}

/** Frames of one value that claim far more samples than they have bytes. */
export function flacBomb(frames: number, claimedSamples: number): Buffer {
  const block = new Int16Array(65_535);
  const frame = frameOf(block, 0);
  const all = Array.from({ length: frames }, () => frame);
  return Buffer.concat([headOf(block, { claimedSamples, md5: '0'.repeat(32) }), ...all]);
}

function headOf(samples: Int16Array, { rateHz = 16_000, claimedSamples = samples.length, md5 }: FlacFields): Buffer {
  const head = Buffer.alloc(42);
  head.write('fLaC');
  head.writeUInt8(0x80, 4);
  head.writeUIntBE(34, 5, 3);
  head.writeUInt16BE(16, 8);
  head.writeUInt16BE(65_535, 10);
  head.writeBigUInt64BE((BigInt(rateHz) << 44n) | (15n << 36n) | BigInt(claimedSamples), 18);
  const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  head.write(md5 ?? createHash('md5').update(bytes).digest('hex'), 26, 'hex');
  return head;
}

function frameOf(block: Int16Array, number: number): Buffer {
  const header = Buffer.alloc(7);
  // Sync and fixed blocks; size in 16 bits at the end, rate as in the stream; one channel, 16 bits.
  header.writeUInt16BE(0xfff8, 0);
  header.writeUInt8(0x70, 2);
  header.writeUInt8(0x08, 3);
  header.writeUInt8(number, 4);
  header.writeUInt16BE(block.length - 1, 5);
  const isConstant = block.every((sample) => sample === block[0]);
  const values = isConstant ? block.subarray(0, 1) : block;
  const body = Buffer.alloc(1 + 2 * values.length);
  body.writeUInt8(isConstant ? 0 : 0b10, 0);
  for (const [at, value] of values.entries()) body.writeInt16BE(value, 1 + 2 * at);
  const frame = Buffer.concat([header, Buffer.from([crc8(header, 0, header.length)]), body]);
  const check = Buffer.alloc(2);
  check.writeUInt16BE(crc16(frame, 0, frame.length));
  return Buffer.concat([frame, check]);
}
