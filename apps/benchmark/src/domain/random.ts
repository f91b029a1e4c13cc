/** A generator of numbers from 0 (inclusive) to 1 (exclusive): the same seed gives the same numbers anywhere. */
export type Random = () => number;

/** @see T. Ettinger, "mulberry32" (public domain): 32 bits of state, enough for resampling and shuffling */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A whole number from 0 to `count` - 1. */
export function below(random: Random, count: number): number {
  return Math.floor(random() * count);
}
