import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REFERENCE_PYTHON, runReference, shippedRecordings, type ShippedRecording } from '@sedge/test-kit';
import { flacBomb, flacOf } from '../test/flac-files.js';
import { FlacDecoder } from './flac-decoder.js';
import { isUnusable } from './recording-audio.js';

const MINUTE = 60_000;
const decoder = new FlacDecoder();
/** 16-bit recordings of one channel come as integers, others as floats. */
const asIntegers = (samples: Float32Array | Int16Array): Int16Array =>
  samples instanceof Int16Array ? samples : Int16Array.from(samples, (sample) => sample * 32_768);
function integersOf(bytes: Buffer): Int16Array {
  const audio = decoder.decode(bytes, MINUTE);
  if (isUnusable(audio)) throw new Error(`${audio.reason}: ${audio.detail}`);
  return asIntegers(audio.samples);
}

const flawOf = (bytes: Buffer): string => {
  const audio = decoder.decode(bytes, MINUTE);
  return isUnusable(audio) ? `${audio.reason}: ${audio.detail}` : 'decoded';
};

/** A tone that rises, so that no two blocks are equal. */
const risingTone = (samples = 16_000): Int16Array =>
  Int16Array.from({ length: samples }, (_, at) => Math.round(9000 * Math.sin(at * (0.05 + at * 2e-6))));

describe('a FLAC file', () => {
  it('gives the samples that went in', () => {
    const samples = Int16Array.from([...risingTone(9000), ...new Array<number>(5000).fill(-32_768)]);
    expect(integersOf(flacOf(samples))).toEqual(samples);
  });

  it('of a real encoder gives samples with the MD5 that the file says', () => {
    for (const { bytes } of shippedRecordings(50)) expect(integersOf(bytes)).not.toHaveLength(0);
  });

  it('is refused when any of its bytes is changed or it is cut anywhere', () => {
    const [{ bytes }] = shippedRecordings(1) as [ShippedRecording];
    const whole = integersOf(bytes);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(bytes);
        changed[at]! ^= change;
        const audio = decoder.decode(changed, MINUTE);
        // Some bytes of the headers say nothing about the samples: comments, the sizes of blocks, the rate.
        if (!isUnusable(audio)) expect(asIntegers(audio.samples)).toEqual(whole);
        expect(isUnusable(decoder.decode(changed.subarray(0, at), MINUTE))).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('of random bytes is refused without a crash', () => {
    const head = flacOf(new Int16Array(16)).subarray(0, 42);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (tail) => {
        expect(isUnusable(decoder.decode(Buffer.concat([head, tail]), MINUTE))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('of little that claims to be much is refused before it takes memory', () => {
    expect(flawOf(flacBomb(3, 2 ** 36 - 1))).toMatch(/^too-long/);
    expect(flawOf(flacBomb(3, 70_000))).toMatch(/more samples than it says/);
    const before = process.memoryUsage().arrayBuffers;
    expect(flawOf(flacBomb(5000, 0))).toMatch(/more samples than it says/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50e6);
  });

  it.each([
    ['is cut within its header', (good: Buffer) => good.subarray(0, 30), /does not begin/],
    ['lacks its last frame', (good: Buffer) => good.subarray(0, 42 + 8203), /ends after 4096 of its 16000/],
    ['has another checksum of its samples', (_: Buffer) => flacOf(risingTone(), { md5: 'ab'.repeat(16) }), /MD5/],
    ['claims 0 Hz', (_: Buffer) => flacOf(risingTone(), { rateHz: 0 }), /0 Hz/],
    ['holds no samples', (_: Buffer) => flacOf(new Int16Array(0)), /^empty/],
  ])('that %s is refused', (_, spoil, message) => {
    expect(flawOf(spoil(flacOf(risingTone())))).toMatch(message);
  });

  it.skipIf(!REFERENCE_PYTHON)('of any depth and number of channels equals what libFLAC wrote', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sedge-flac-'));
    try {
      runReference(WRITE_VARIANTS, [folder]);
      const files = (await readdir(folder)).filter((name) => name.endsWith('.flac'));
      expect(files.length).toBe(27);
      for (const name of files) {
        const audio = decoder.decode(await readFile(join(folder, name)), MINUTE);
        const expected = await readFile(join(folder, name.replace('.flac', '.f32')));
        if (isUnusable(audio)) throw new Error(`${name}: ${audio.detail}`);
        const samples = new Float32Array(expected.buffer, expected.byteOffset, expected.length / 4);
        const floats =
          audio.samples instanceof Int16Array ? Float32Array.from(audio.samples, (one) => one / 32_768) : audio.samples;
        const worst = floats.reduce((most, value, at) => Math.max(most, Math.abs(value - samples[at]!)), 0);
        expect([name, audio.samples.length, worst < 1e-7]).toEqual([name, samples.length, true]);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

/** Tones, noise, silence and full scale, at each depth, with 1, 2 and 5 channels, and several levels of packing. */
const WRITE_VARIANTS = `
import sys, numpy as np, soundfile as sf
rng = np.random.default_rng(1)
for depth in ('PCM_S8', 'PCM_16', 'PCM_24'):
    for channels in (1, 2, 5):
        for level in (0.0, 0.5, 1.0):
            t = np.arange(20011)[:, None] / 16000
            x = 0.6 * np.sin(2 * np.pi * (200 + 90 * np.arange(channels)) * t) + 0.2 * rng.standard_normal((len(t), channels))
            x[3000:9000] = 0
            x[9000:9500] = 1
            x = np.clip(x, -1, 0.999999)
            name = f'{sys.argv[1]}/{depth}-{channels}-{level}'
            sf.write(name + '.flac', x, 16000, subtype=depth, compression_level=level)
            sf.read(name + '.flac', dtype='float64', always_2d=True)[0].mean(axis=1).astype('<f4').tofile(name + '.f32')
`;
