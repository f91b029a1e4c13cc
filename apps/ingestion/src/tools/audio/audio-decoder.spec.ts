import { isUnusable } from '@sedge/audio';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flacOf } from '../../../../../libs/audio/test/flac-files.js';
import { floatWavOf, toneOf, wavOf } from '../../../test/builders/recordings.js';
import { AudioDecoder } from './audio-decoder.js';
import { fitClip } from './fit-clip.js';

const decoder = new AudioDecoder(16_000, 10_000);

async function flawOf(bytes: Buffer): Promise<string> {
  const samples = await decoder.decode(bytes);
  return isUnusable(samples) ? `${samples.reason}: ${samples.detail}` : 'decoded';
}

async function samplesOf(bytes: Buffer): Promise<Int16Array> {
  const samples = await decoder.decode(bytes);
  if (isUnusable(samples)) throw new Error(samples.detail);
  return samples;
}

const sine = (rateHz: number, hz: number, seconds = 1): number[] =>
  Array.from({ length: rateHz * seconds }, (_, at) => 0.5 * Math.sin((2 * Math.PI * hz * at) / rateHz));

describe('a recording', () => {
  it('of 16 bits at the right rate comes back bit for bit, from WAV and from FLAC', async () => {
    const samples = Int16Array.from([-32_768, 32_767, 0, 1, -1, ...toneOf('yes', 'ann')]);
    expect(await samplesOf(wavOf(samples))).toEqual(samples);
    expect(await samplesOf(flacOf(samples))).toEqual(samples);
  });

  it('with two channels becomes their mean', async () => {
    expect(await samplesOf(wavOf(Int16Array.from([100, 300, -500, 100]), { channels: 2 }))).toEqual(
      Int16Array.from([200, -200]),
    );
  });

  it.each([8000, 22_050, 44_100, 48_000, 96_000])('at %i Hz keeps its tone and loudness', async (rateHz) => {
    const samples = await samplesOf(floatWavOf(sine(rateHz, 440), rateHz));
    expect(samples).toHaveLength(16_000);
    const wanted = sine(16_000, 440);
    // The filter needs some samples to settle at both ends.
    for (let at = 500; at < 15_500; at += 7) expect(Math.abs(samples[at]! / 32_768 - wanted[at]!)).toBeLessThan(1e-3);
  });

  it('loses what lies above half the new rate instead of folding it back', async () => {
    const samples = await samplesOf(floatWavOf(sine(48_000, 12_000), 48_000));
    expect(samples.subarray(500, 15_500).reduce((most, value) => Math.max(most, Math.abs(value)), 0)).toBeLessThan(20);
  });

  it('above full scale is clipped', async () => {
    expect(await samplesOf(floatWavOf([2, -3, 0.5]))).toEqual(Int16Array.from([32_767, -32_768, 16_384]));
  });

  it('whose header claims more than there is gives what is there', async () => {
    expect(await samplesOf(wavOf(Int16Array.from([5, 6]), { claimedBytes: 0xffffffff }))).toEqual(
      Int16Array.from([5, 6]),
    );
  });
});

describe('a file that is no recording', () => {
  const good = wavOf(toneOf('yes', 'ann'));
  it.each([
    ['is empty', Buffer.alloc(0), /^empty/],
    ['is text', Buffer.from('hello, this is not audio at all'), /^not-audio/],
    ['has a header and no samples', wavOf(new Int16Array(0)), /^empty/],
    ['is cut within its header', good.subarray(0, 30), /^unreadable/],
    ['holds NaN', floatWavOf([0.1, Number.NaN, 0.2]), /^unreadable: sample 1 of channel 0 is not a finite number/],
    ['holds infinity', floatWavOf([0.1, Number.POSITIVE_INFINITY]), /^unreadable/],
    ['claims 0 channels', wavOf(toneOf('a', 'b'), { channels: 0 }), /^unreadable.*0 channels/],
    ['claims 0 Hz', wavOf(toneOf('a', 'b'), { rateHz: 0 }), /^unreadable.*0 Hz/],
    ['claims a rate that no sound has', wavOf(toneOf('a', 'b'), { rateHz: 7 }), /^too-long|^unreadable/],
    ['claims blocks that do not fit', wavOf(toneOf('a', 'b'), { blockBytes: 3 }), /^unreadable.*block/],
    ['is packed as MP3 within WAV', wavOf(toneOf('a', 'b'), { format: 85 }), /^unreadable.*format 85/],
    ['lasts too long', wavOf(new Int16Array(16_000 * 11)), /^too-long/],
  ])('because it %s is named with the reason', async (_, bytes, message) => {
    expect(await flawOf(bytes)).toMatch(message);
  });

  it('never crashes the reader, whatever its bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(60), fc.uint8Array({ maxLength: 40 }), async (at, noise) => {
        const spoilt = Buffer.from(good.subarray(0, 400));
        spoilt.set(noise.slice(0, spoilt.length - at), at);
        const samples = await decoder.decode(spoilt);
        if (!isUnusable(samples)) expect(samples.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a clip', () => {
  it('is filled with zeros at its end, or cut there', () => {
    const samples = Int16Array.from([1, 2, 3]);
    expect(fitClip(samples, 5, 'start')).toEqual(Int16Array.from([1, 2, 3, 0, 0]));
    expect(fitClip(samples, 2, 'start')).toEqual(Int16Array.from([1, 2]));
  });

  it('can be the loudest stretch of a longer recording', () => {
    const samples = Int16Array.from([1, 0, 0, 9, -8, 0, 0]);
    expect(fitClip(samples, 3, 'loudest')).toEqual(Int16Array.from([0, 9, -8]));
    expect(fitClip(samples, 9, 'loudest').subarray(0, 7)).toEqual(samples);
  });
});
