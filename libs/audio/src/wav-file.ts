import type { RecordingAudio } from './recording-audio.js';

const HEADER_BYTES = 44;
const PCM = 1;
const FLOAT = 3;

/** A WAV file of one channel that holds the samples as they are: 16-bit integers, or floats of 32 bits. */
export function wavFile({ samples, sampleRateHz }: RecordingAudio): Buffer {
  const width = samples.BYTES_PER_ELEMENT;
  const size = samples.length * width;
  const wav = Buffer.alloc(HEADER_BYTES + size);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(HEADER_BYTES - 8 + size, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(samples instanceof Int16Array ? PCM : FLOAT, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(sampleRateHz, 24);
  wav.writeUInt32LE(sampleRateHz * width, 28);
  wav.writeUInt16LE(width, 32);
  wav.writeUInt16LE(8 * width, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(size, 40);
  const put = samples instanceof Int16Array ? wav.writeInt16LE : wav.writeFloatLE;
  for (let at = 0; at < samples.length; at++) put.call(wav, samples[at]!, HEADER_BYTES + at * width);
  return wav;
}
