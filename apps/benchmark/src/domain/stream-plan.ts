import { below, seededRandom, type Random } from './random.js';

/** A stretch of a stream: a recording, or noise before, between and after them. Times in samples. */
export type Segment =
  | { kind: 'clip'; start: number; length: number; clip: number }
  | { kind: 'noise'; start: number; length: number; recording: number; offset: number; gain: number };

export interface StreamSource {
  /** numbers of the recordings that may be strung together */
  clips: readonly number[];
  clipSamples: number;
  /** lengths of the noise recordings; empty where there are none */
  noiseLengths: readonly number[];
}

export interface StreamRules {
  maxClips: number;
  minGapSamples: number;
  maxGapSamples: number;
  /** the loudest that noise gets: a factor on its recording */
  noiseGain: number;
  seed: number;
}

export interface StreamPlan {
  segments: Segment[];
  samples: number;
}

/** Strings recordings together in random order, with noise of random length and level before each and after the last. */
export function planStream(source: StreamSource, rules: StreamRules): StreamPlan {
  const random = seededRandom(rules.seed);
  const segments: Segment[] = [];
  let start = 0;
  const add = (segment: Segment): void => {
    segments.push(segment);
    start += segment.length;
  };
  for (const clip of shuffled(source.clips, random).slice(0, rules.maxClips)) {
    add(noiseAt(start, source, rules, random));
    add({ kind: 'clip', start, length: source.clipSamples, clip });
  }
  add(noiseAt(start, source, rules, random));
  return { segments, samples: start };
}

function noiseAt(start: number, { noiseLengths }: StreamSource, rules: StreamRules, random: Random): Segment {
  const wanted = rules.minGapSamples + below(random, rules.maxGapSamples - rules.minGapSamples + 1);
  const gain = rules.noiseGain * random();
  if (noiseLengths.length === 0) return { kind: 'noise', start, length: wanted, recording: -1, offset: start, gain };
  const recording = below(random, noiseLengths.length);
  const length = Math.min(wanted, noiseLengths[recording]!);
  const offset = below(random, noiseLengths[recording]! - length + 1);
  return { kind: 'noise', start, length, recording, offset, gain };
}

/** @see R. A. Fisher and F. Yates 1938, in the form of R. Durstenfeld 1964 */
function shuffled(values: readonly number[], random: Random): number[] {
  const result = [...values];
  for (let i = result.length - 1; i > 0; i--) {
    const other = below(random, i + 1);
    [result[i], result[other]] = [result[other]!, result[i]!];
  }
  return result;
}
