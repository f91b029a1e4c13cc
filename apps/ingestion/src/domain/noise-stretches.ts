import { SPLITS, type Split } from './recording.js';

/** A stretch of background noise that serves one split. */
export interface NoiseStretch {
  name: string;
  split: Split;
  /** in samples, within all noise strung together */
  offset: number;
  length: number;
}

/** Shares of each recording's time, in this order, so that no sample serves two splits. */
const SHARES: Record<Split, number> = { train: 0.8, validation: 0.1, test: 0.1 };

/** Cuts recordings of noise into a stretch per split. One whose test stretch would be shorter than a clip serves training as a whole. */
export function cutNoise(recordings: { name: string; length: number }[], clipSamples: number): NoiseStretch[] {
  const stretches: NoiseStretch[] = [];
  let offset = 0;
  for (const { name, length } of recordings) {
    const isLong = Math.floor(length * SHARES.test) >= clipSamples;
    const lengths: [Split, number][] = isLong ? shares(length) : [['train', length]];
    for (const [split, part] of lengths) {
      stretches.push({ name, split, offset, length: part });
      offset += part;
    }
  }
  return stretches;
}

function shares(length: number): [Split, number][] {
  const validation = Math.floor(length * SHARES.validation);
  const test = Math.floor(length * SHARES.test);
  return [
    ['train', length - validation - test],
    ['validation', validation],
    ['test', test],
  ];
}

/** Where a clip of silence begins, and how loud it is taken. */
export interface SilenceClip {
  /** which of the stretches */
  stretch: number;
  /** in samples, within all noise strung together */
  offset: number;
}

/**
 * Places clips over the stretches of a split: as many in each as its length gives, evenly spaced, so that they overlap only where they must.
 * @returns fewer than `count` only when no stretch holds a clip
 */
export function placeSilence(
  stretches: NoiseStretch[],
  split: Split,
  count: number,
  clipSamples: number,
): SilenceClip[] {
  const usable = stretches
    .map((stretch, index) => ({
      index,
      offset: stretch.offset,
      room: stretch.length - clipSamples,
      split: stretch.split,
    }))
    .filter((stretch) => stretch.split === split && stretch.room >= 0);
  const total = usable.reduce((sum, { room }) => sum + room + 1, 0);
  if (total === 0) return [];
  const step = total / count;
  return Array.from({ length: count }, (_, at) => {
    let position = Math.floor((at + 0.5) * step);
    const stretch = usable.find(({ room }) => {
      if (position <= room) return true;
      position -= room + 1;
      return false;
    })!;
    return { stretch: stretch.index, offset: stretch.offset + position };
  });
}

export const hasNoiseForAll = (stretches: NoiseStretch[], clipSamples: number): boolean =>
  SPLITS.every((split) => stretches.some((stretch) => stretch.split === split && stretch.length >= clipSamples));
