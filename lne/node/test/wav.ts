/** How samples are written. */
export interface WavFormat {
  bits: 8 | 16 | 24 | 32 | 64;
  isFloat: boolean;
  channels: number;
  rateHz: number;
  isExtensible: boolean;
}

export const pcm16: WavFormat = { bits: 16, isFloat: false, channels: 1, rateHz: 16000, isExtensible: false };

/** Bytes of a WAV file. @param samples [frame * channel] in [-1, 1) */
export function wavBytes(samples: readonly number[], format: WavFormat): Buffer {
  const block = format.channels * (format.bits / 8);
  const fmt = Buffer.alloc(format.isExtensible ? 40 : 16);
  const tag = format.isFloat ? 3 : 1;
  fmt.writeUInt16LE(format.isExtensible ? 0xfffe : tag, 0);
  fmt.writeUInt16LE(format.channels, 2);
  fmt.writeUInt32LE(format.rateHz, 4);
  fmt.writeUInt32LE(format.rateHz * block, 8);
  fmt.writeUInt16LE(block, 12);
  fmt.writeUInt16LE(format.bits, 14);
  if (format.isExtensible) fmt.writeUInt16LE(tag, 24);
  const data = Buffer.concat(samples.map((sample) => sampleBytes(sample, format)));
  const chunks = Buffer.concat([chunk('LIST', Buffer.from('odd')), chunk('fmt ', fmt), chunk('data', data)]);
  const riff = Buffer.from('RIFF\0\0\0\0WAVE', 'latin1');
  riff.writeUInt32LE(chunks.length + 4, 4);
  return Buffer.concat([riff, chunks]);
}

function chunk(tag: string, content: Buffer): Buffer {
  const head = Buffer.from(`${tag}\0\0\0\0`, 'latin1');
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}

function sampleBytes(sample: number, { bits, isFloat }: WavFormat): Buffer {
  const bytes = Buffer.alloc(bits / 8);
  if (isFloat) return bits === 32 ? (bytes.writeFloatLE(sample), bytes) : (bytes.writeDoubleLE(sample), bytes);
  if (bits === 8) bytes.writeUInt8(Math.round(sample * 128) + 128);
  else bytes.writeIntLE(Math.round(sample * 2 ** (bits - 1)), 0, bits / 8);
  return bytes;
}
