import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LneError, decodeWav, mfcc, mfccShape, resample, type MfccParameters } from '../src/index.js';
import { pcm16, wavBytes, type WavFormat } from './wav.js';

const parameters: MfccParameters = {
  sampleRateHz: 16000,
  clipMs: 1000,
  frameMs: 128,
  strideMs: 32,
  bands: 40,
  mels: 40,
  padMode: 'constant',
  topDb: 80,
  htk: false,
  norm: 'ortho',
};
const tone = (count: number, hz = 440, rateHz = 16000): Float32Array =>
  Float32Array.from({ length: count }, (_, n) => 0.5 * Math.sin((2 * Math.PI * hz * n) / rateHz));
const codeOf = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(LneError);
    expect((error as LneError).mend).not.toBe('');
    return (error as LneError).code;
  }
  return 'none';
};

describe('decodeWav', () => {
  const formats: Partial<WavFormat>[] = [
    { bits: 8 },
    { bits: 16 },
    { bits: 24 },
    { bits: 32 },
    { bits: 32, isFloat: true },
    { bits: 64, isFloat: true },
    { bits: 24, isExtensible: true, rateHz: 44100 },
  ];
  it.each(formats)('reads %o', (format) => {
    const whole = { ...pcm16, ...format };
    const { samples, sampleRateHz, channels } = decodeWav(wavBytes([0, 0.5, -0.5, -1, 0.25], whole));
    expect(Array.from(samples)).toEqual([0, 0.5, -0.5, -1, 0.25]);
    expect([sampleRateHz, channels]).toEqual([whole.rateHz, 1]);
  });

  it('mixes channels down to their mean', () => {
    const { samples, channels } = decodeWav(wavBytes([0.5, 0.25, -1, 0], { ...pcm16, channels: 2 }));
    expect(Array.from(samples)).toEqual([0.375, -0.5]);
    expect(channels).toBe(2);
  });

  it('reads what is there of a file whose header claims more', () => {
    const bytes = wavBytes([0.5, 0.25, 0.125], pcm16);
    bytes.writeUInt32LE(0xffffffff, bytes.length - 10);
    expect(Array.from(decodeWav(bytes).samples)).toEqual([0.5, 0.25, 0.125]);
    expect(Array.from(decodeWav(bytes.subarray(0, -1)).samples)).toEqual([0.5, 0.25]);
  });

  it('refuses lying headers, each under its code', () => {
    const good = wavBytes([0.5, 0.25], pcm16);
    const fmt = good.indexOf('fmt ') + 8;
    const lie = (change: (bytes: Buffer) => void): string => {
      const bytes = Buffer.from(good);
      change(bytes);
      return codeOf(() => decodeWav(bytes));
    };
    expect(lie((bytes) => bytes.write('RIFX', 0))).toBe('WAV_VARIANT');
    expect(lie((bytes) => bytes.write('OggS', 0))).toBe('WAV_MAGIC');
    expect(lie((bytes) => bytes.writeUInt16LE(0, fmt + 2))).toBe('WAV_CHANNELS');
    expect(lie((bytes) => bytes.writeUInt16LE(65535, fmt + 2))).toBe('WAV_CHANNELS');
    expect(lie((bytes) => bytes.writeUInt32LE(0, fmt + 4))).toBe('WAV_RATE');
    expect(lie((bytes) => bytes.writeUInt32LE(0xffffffff, fmt + 4))).toBe('WAV_RATE');
    expect(lie((bytes) => bytes.writeUInt16LE(0, fmt + 12))).toBe('WAV_BLOCK');
    expect(lie((bytes) => bytes.writeUInt16LE(12, fmt + 14))).toBe('WAV_FORMAT');
    expect(lie((bytes) => bytes.writeUInt16LE(85, fmt))).toBe('WAV_FORMAT');
    expect(lie((bytes) => bytes.write('none', good.indexOf('data')))).toBe('WAV_NO_DATA');
    expect(codeOf(() => decodeWav(good.subarray(0, 11)))).toBe('WAV_SHORT');
    expect(codeOf(() => decodeWav(wavBytes([], pcm16)))).toBe('WAV_EMPTY');
    expect(codeOf(() => decodeWav(new Uint8Array()))).toBe('WAV_SHORT');
  });

  it('refuses NaN and says where', () => {
    const bytes = wavBytes([0, 0, Number.NaN], { ...pcm16, bits: 32, isFloat: true });
    expect(() => decodeWav(bytes)).toThrow(/sample 2 of channel 0 is not a finite number/);
  });

  it('refuses what is no bytes', () => {
    for (const wrong of [undefined, null, 'RIFF', 12, {}, [], new Int16Array(8), new ArrayBuffer(8)]) {
      expect(codeOf(() => decodeWav(wrong as never))).toBe('LNE_ARGUMENT');
    }
  });

  it('answers any bytes with a recording or a code', () => {
    const seeds = formats.map((format) =>
      wavBytes([0.1, -0.2, 0.3, -0.4, 0.5, 0], { ...pcm16, ...format, channels: 2 }),
    );
    const mutation = fc.record({
      seed: fc.nat(seeds.length - 1),
      cut: fc.nat(120),
      edits: fc.array(fc.tuple(fc.nat(119), fc.nat(255)), { maxLength: 6 }),
    });
    let refused = 0;
    fc.assert(
      fc.property(mutation, ({ seed, cut, edits }) => {
        const bytes = Buffer.from(seeds[seed]!);
        for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
        const part = bytes.subarray(0, Math.max(cut, 12));
        try {
          const { samples } = decodeWav(part);
          expect(samples.length).toBeGreaterThan(0);
          expect(samples.length).toBeLessThanOrEqual(part.length);
          expect(samples.every((sample) => Number.isFinite(sample))).toBe(true);
        } catch (error) {
          if (!(error instanceof LneError)) throw error;
          expect(error.code).toMatch(/^WAV_/);
          refused++;
        }
      }),
      { numRuns: 20_000 },
    );
    expect(refused).toBeGreaterThan(1000);
  });
});

describe('resample', () => {
  it.each([
    [48000, 16000],
    [44100, 16000],
    [8000, 16000],
    [11025, 16000],
  ])('keeps a tone from %i to %i Hz', async (from, to) => {
    const result = await resample(tone(from, 440, from), from, to);
    const wanted = tone(to, 440, to);
    expect(result).toHaveLength(to);
    const error = Math.max(...Array.from(result.subarray(400, -400), (value, n) => Math.abs(value - wanted[n + 400]!)));
    expect(error).toBeLessThan(1e-3);
  });

  it('takes away what the lower rate can not hold', async () => {
    const result = await resample(tone(48000, 12000, 48000), 48000, 16000);
    expect(Math.max(...result.subarray(400, -400).map(Math.abs))).toBeLessThan(1e-4);
  });

  it('refuses wrong rates and samples', async () => {
    await expect(resample(tone(8), 0, 16000)).rejects.toMatchObject({ code: 'LNE_ARGUMENT' });
    await expect(resample(tone(8), 16000.5, 16000)).rejects.toMatchObject({ code: 'LNE_ARGUMENT' });
    await expect(resample(tone(8), 16000, Number.NaN)).rejects.toMatchObject({ code: 'LNE_ARGUMENT' });
    await expect(resample([0] as never, 16000, 8000)).rejects.toMatchObject({ code: 'LNE_ARGUMENT' });
    await expect(resample(Float32Array.of(0, Infinity), 16000, 8000)).rejects.toMatchObject({ code: 'LNE_NOT_FINITE' });
  });
});

describe('mfcc', () => {
  it('gives [clip, band, frame], the same alone, in a batch, from integers and from floats', async () => {
    expect(mfccShape(parameters)).toEqual({ clipSamples: 16000, bands: 40, frames: 32 });
    const clips = Int16Array.from([...tone(16000, 440), ...tone(16000, 1234)], (value) => Math.round(value * 20000));
    const both = await mfcc(clips, parameters);
    expect(both).toHaveLength(2 * 40 * 32);
    const second = await mfcc(clips.subarray(16000), parameters);
    expect(second).toEqual(both.slice(40 * 32));
    expect(
      await mfcc(
        Float32Array.from(clips, (value) => value / 32768),
        parameters,
      ),
    ).toEqual(both);
    expect(await mfcc(new Int16Array(), parameters)).toHaveLength(0);
  });

  it('may lose its buffer while it works', async () => {
    const clips = Int16Array.from(tone(160000), (value) => value * 20000);
    const wanted = await mfcc(clips, parameters);
    const pending = mfcc(clips, parameters);
    structuredClone(clips, { transfer: [clips.buffer] });
    expect(clips).toHaveLength(0);
    expect(await pending).toEqual(wanted);
  });

  it('names the parameter that is wrong', async () => {
    const wrong: [Partial<Record<keyof MfccParameters, unknown>>, RegExp][] = [
      [{ sampleRateHz: 0 }, /sampleRateHz must be a number from 1000/],
      [{ sampleRateHz: '16000' }, /sampleRateHz/],
      [{ frameMs: 100 }, /a frame of 1600 samples is no power of two/],
      [{ strideMs: 0 }, /stride/],
      [{ clipMs: -1 }, /clipMs/],
      [{ bands: 41 }, /bands must be 1 to mels/],
      [{ mels: 1.5 }, /mels must be a whole number/],
      [{ padMode: 'edge' }, /padMode must be one of: constant, reflect/],
      [{ padMode: 'reflect', clipMs: 64 }, /reflect needs a clip longer/],
      [{ topDb: -1 }, /topDb/],
      [{ htk: 1 }, /htk must be true or false/],
      [{ norm: null }, /norm must be one of: ortho/],
      [{ clipMs: 600000, strideMs: 0.0625, mels: 1024 }, /mels times frames/],
    ];
    for (const [change, message] of wrong) {
      const all = { ...parameters, ...change } as MfccParameters;
      expect(() => mfccShape(all)).toThrow(message);
      await expect(mfcc(new Int16Array(16000), all)).rejects.toMatchObject({ code: 'MFCC_PARAMETERS' });
    }
    await expect(mfcc(new Int16Array(16001), parameters)).rejects.toMatchObject({ code: 'MFCC_CLIPS' });
    await expect(mfcc(new Float64Array(16000) as never, parameters)).rejects.toMatchObject({ code: 'LNE_ARGUMENT' });
    await expect(mfcc(new Float32Array(16000).fill(Number.NaN), parameters)).rejects.toThrow(/value 0 is not a finite/);
    await expect(mfcc(new Int16Array(0), undefined as never)).rejects.toMatchObject({ code: 'LNE_ARGUMENT' });
  });
});
