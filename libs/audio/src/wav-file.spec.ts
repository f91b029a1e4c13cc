import { decodeWav } from '@sedge/lne';
import { describe, expect, it } from 'vitest';
import { wavFile } from './wav-file.js';

describe('a WAV file that is written', () => {
  it.each([
    ['16-bit integers', Int16Array.of(-32_768, -1, 0, 1, 32_767)],
    ['floats', Float32Array.of(-1, -0.25, 0, 0.3, 0.999)],
  ])('is read back by the reader of programs: %s', (_, samples) => {
    const { samples: back, sampleRateHz } = decodeWav(wavFile({ samples, sampleRateHz: 22_050 }));
    const scale = samples instanceof Int16Array && back instanceof Float32Array ? 32_768 : 1;
    expect([sampleRateHz, Array.from(back, (sample) => sample * scale)]).toEqual([22_050, Array.from(samples)]);
  });
});
