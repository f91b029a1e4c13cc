/** Sounds and files of sounds, made so that each of their fields can lie. */

/** A voice of sorts: a tone with its overtones, its pitch by speaker and its course by word. */
export function toneOf(word: string, speaker: string, take = 0, samples = 16_000, rateHz = 16_000): Int16Array {
  const pitch = 120 + (hash(speaker) % 100);
  const course = 1 + (hash(word) % 7);
  const loudness = 6000 + (hash(`${word}${speaker}${take}`) % 4000);
  return Int16Array.from({ length: samples }, (_, at) => {
    const time = at / rateHz;
    const phase = 2 * Math.PI * pitch * (time + (course * time * time) / 8);
    return Math.round(loudness * (Math.sin(phase) * 0.7 + Math.sin(3 * phase) * 0.3));
  });
}

export interface WavFields {
  rateHz?: number;
  channels?: number;
  /** 1 integer, 3 float */
  format?: number;
  bits?: number;
  /** what the data chunk claims to have, in place of what it has */
  claimedBytes?: number;
  blockBytes?: number;
}

/** A WAV file around samples that are given as bytes or as int16. */
export function wavOf(samples: Int16Array | Buffer, fields: WavFields = {}): Buffer {
  const { rateHz = 16_000, channels = 1, format = 1, bits = 16 } = fields;
  const data = Buffer.isBuffer(samples) ? samples : Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(Math.min(36 + data.length, 0xffffffff), 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(format, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(rateHz, 24);
  header.writeUInt32LE((rateHz * channels * bits) / 8, 28);
  header.writeUInt16LE(fields.blockBytes ?? (channels * bits) / 8, 32);
  header.writeUInt16LE(bits, 34);
  header.write('data', 36);
  header.writeUInt32LE(fields.claimedBytes ?? data.length, 40);
  return Buffer.concat([header, data]);
}

export function floatWavOf(samples: number[], rateHz = 16_000): Buffer {
  const data = Buffer.from(Float32Array.from(samples).buffer);
  return wavOf(data, { rateHz, format: 3, bits: 32 });
}

function hash(text: string): number {
  return [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
}
