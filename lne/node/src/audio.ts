import { native } from './native.js';

/** A recording of one channel. */
export interface Recording {
  /** integer formats in [-1, 1), float formats as they are; several channels are mixed down to their mean */
  samples: Float32Array;
  sampleRateHz: number;
  /** how many channels the file had */
  channels: number;
}

/** The parameters of `extract-mfcc`, by librosa's meaning; times that are no whole samples are rounded. */
export interface MfccParameters {
  /** 1000 to 768000 */
  sampleRateHz: number;
  clipMs: number;
  /** a power of two in samples */
  frameMs: number;
  strideMs: number;
  /** coefficients that are kept, at most `mels` */
  bands: number;
  /** triangular filters, at most 1024 */
  mels: number;
  padMode: 'constant' | 'reflect';
  /** values this far below the clip's loudest are lifted; null for none, which a stream needs */
  topDb: number | null;
  htk: boolean;
  norm: 'ortho';
}

/** What `mfcc` takes and gives for each clip. */
export interface MfccShape {
  clipSamples: number;
  bands: number;
  frames: number;
}

/**
 * Reads a WAV file: PCM of 8, 16, 24 or 32 bits, float of 32 or 64 bits, any rate, up to 64 channels. Of a file that is cut off, what is there
 * is read.
 * @throws LneError WAV_… when it is no such file, holds no samples, or holds NaN
 */
export function decodeWav(bytes: Uint8Array): Recording {
  return native((addon) => addon.decodeWav(bytes));
}

/**
 * Changes the rate by a band-limited filter (stop band below -90 dB), on a thread of its own.
 * @param fromHz 1000 to 768000 @param toHz likewise
 * @returns ceil(length * toHz / fromHz) samples
 * @throws LneError LNE_ARGUMENT, LNE_NOT_FINITE
 */
export async function resample(samples: Float32Array, fromHz: number, toHz: number): Promise<Float32Array> {
  return native((addon) => addon.resample(samples, fromHz, toHz));
}

/** @throws LneError MFCC_PARAMETERS naming the parameter that is wrong */
export function mfccShape(parameters: MfccParameters): MfccShape {
  return native((addon) => addon.mfccShape(parameters));
}

/**
 * Mel-frequency cepstral coefficients of a batch of clips, on one thread of its own; several batches at once use several cores. Equal bits on
 * every machine, and in generated programs.
 * @param clips [clip, sample]: int16 as in data sets, or float in [-1, 1]; exactly `clipSamples` each (fill short ones with zeros)
 * @returns [clip, band, frame]
 * @throws LneError MFCC_PARAMETERS, MFCC_CLIPS, LNE_NOT_FINITE
 */
export async function mfcc(clips: Int16Array | Float32Array, parameters: MfccParameters): Promise<Float32Array> {
  return native((addon) => addon.mfcc(clips, parameters));
}
