/** What a FLAC file says of itself in its first block. */
export interface StreamInfo {
  sampleRateHz: number;
  channels: number;
  bits: number;
  /** per channel; 0 where it isn't said */
  samples: number;
  /** MD5 of the samples, hexadecimal; all zeros where it isn't said */
  md5: string;
}

const HEAD_BYTES = 42;
const STREAM_INFO = 0;

/** @returns null when the bytes do not begin as FLAC does */
export function readStreamInfo(bytes: Buffer): StreamInfo | null {
  if (bytes.length < HEAD_BYTES || bytes.toString('latin1', 0, 4) !== 'fLaC') return null;
  if ((bytes[4]! & 0x7f) !== STREAM_INFO) return null;
  // From byte 18 on: rate (20 bits), channels - 1 (3), bits - 1 (5), samples (36), then the MD5.
  const packed = bytes.readBigUInt64BE(18);
  return {
    sampleRateHz: Number(packed >> 44n),
    channels: Number((packed >> 41n) & 7n) + 1,
    bits: Number((packed >> 36n) & 31n) + 1,
    samples: Number(packed & 0xfffffffffn),
    md5: bytes.toString('hex', 26, HEAD_BYTES),
  };
}

const BLOCK_HEAD_BYTES = 4;

/** Where the first frame begins: after the last of the metadata blocks. @returns null when the blocks reach beyond the file */
export function firstFrameOf(bytes: Buffer): number | null {
  for (let at = 4; at + BLOCK_HEAD_BYTES <= bytes.length;) {
    const isLast = (bytes[at]! & 0x80) !== 0;
    at += BLOCK_HEAD_BYTES + bytes.readUIntBE(at + 1, 3);
    if (isLast) return at <= bytes.length ? at : null;
  }
  return null;
}
