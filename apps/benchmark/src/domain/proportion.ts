import type { Proportion } from '@sedge/artifact-contracts';

/** 97.5 % quantile of the standard normal distribution: both tails together leave 5 %. */
const Z = 1.959963984540054;

/**
 * A proportion with its 95 % score interval. It holds near 0 and 1 and for few trials, where the familiar p ± z·s fails.
 * No trial tells nothing: the interval is all of [0, 1].
 *
 * @see E. B. Wilson 1927, "Probable inference, the law of succession, and statistical inference"
 */
export function wilson(successes: number, n: number): Proportion {
  if (n === 0) return { value: 0, low: 0, high: 1, n };
  const p = successes / n;
  const z2 = Z * Z;
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  return {
    value: p,
    low: successes === 0 ? 0 : Math.max(0, centre - half),
    high: successes === n ? 1 : Math.min(1, centre + half),
    n,
  };
}
