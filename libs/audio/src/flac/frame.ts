import type { BitReader } from './bit-reader.js';
import { crc16, crc8 } from './crc.js';
import { FlacFlaw } from './flac-flaw.js';
import type { StreamInfo } from './stream-info.js';
import { readSubframe } from './subframe.js';

const SYNC = 0b11111111111110;
const LEFT_SIDE = 8;
const SIDE_RIGHT = 9;
const MID_SIDE = 10;
/** By the code in the header; 0: as the stream says, undefined: not allowed. */
const SAMPLE_BITS = [0, 8, 12, undefined, 16, 20, 24, 32];

/**
 * Reads a frame. The rate that frames repeat is not looked at: the stream's counts.
 * @param takeBlock gives memory for each channel's samples, or refuses so many of them
 * @see RFC 9639 §9
 */
export function readFrame(
  reader: BitReader,
  bytes: Uint8Array,
  info: StreamInfo,
  takeBlock: (samples: number) => Int32Array[],
): void {
  const from = reader.byte;
  if (reader.bits(14) !== SYNC) throw new FlacFlaw('a frame does not begin as one');
  reader.bits(2);
  const sizeCode = reader.bits(4);
  const rateCode = reader.bits(4);
  const assignment = reader.bits(4);
  const bits = SAMPLE_BITS[reader.bits(3)];
  reader.bits(1);
  skipNumber(reader);
  const size = blockSize(reader, sizeCode);
  if (rateCode === 12) reader.bits(8);
  else if (rateCode === 13 || rateCode === 14) reader.bits(16);
  else if (rateCode === 15) throw new FlacFlaw('the header of a frame is damaged');
  const headEnd = reader.byte;
  const isHeadRight = reader.bits(8) === crc8(bytes, from, headEnd);
  reader.assertWithin();
  const channels = assignment < 8 ? assignment + 1 : 2;
  const isFitting = channels === info.channels && (bits === 0 || bits === info.bits);
  if (!isHeadRight || assignment > MID_SIDE || !isFitting) throw new FlacFlaw('the header of a frame is damaged');

  const blocks = takeBlock(size);
  for (const [channel, block] of blocks.entries()) {
    const isSide = assignment === SIDE_RIGHT ? channel === 0 : assignment >= LEFT_SIDE && channel === 1;
    readSubframe(reader, block, info.bits + (isSide ? 1 : 0));
  }
  reader.alignToByte();
  const end = reader.byte;
  if (reader.bits(16) !== crc16(bytes, from, end)) throw new FlacFlaw('the checksum of a frame is wrong');
  reader.assertWithin();
  if (assignment >= LEFT_SIDE) decorrelate(blocks[0]!, blocks[1]!, assignment);
}

/** The frame's or its first sample's number, written as UTF-8 writes characters; what it says follows from the frames before. */
function skipNumber(reader: BitReader): void {
  const first = reader.bits(8);
  if (first < 0x80) return;
  const following = Math.clz32(~(first << 24)) - 1;
  if (following < 1 || following > 6) throw new FlacFlaw('the header of a frame is damaged');
  for (let count = 0; count < following; count++) reader.bits(8);
}

function blockSize(reader: BitReader, code: number): number {
  if (code === 0) throw new FlacFlaw('the header of a frame is damaged');
  if (code === 1) return 192;
  if (code <= 5) return 576 << (code - 2);
  if (code === 6) return reader.bits(8) + 1;
  if (code === 7) return reader.bits(16) + 1;
  return 256 << (code - 8);
}

/** Left and right out of one of them (or their mean) and their difference. */
function decorrelate(first: Int32Array, second: Int32Array, assignment: number): void {
  for (let at = 0; at < first.length; at++) {
    const a = first[at]!;
    const b = second[at]!;
    if (assignment === LEFT_SIDE) {
      second[at] = a - b;
    } else if (assignment === SIDE_RIGHT) {
      first[at] = a + b;
    } else {
      // The mean lost its last bit, which is that of the difference.
      const sum = 2 * a + (b & 1);
      first[at] = (sum + b) >> 1;
      second[at] = (sum - b) >> 1;
    }
  }
}
