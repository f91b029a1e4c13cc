import type { IntervalFigure } from '@sedge/artifact-contracts';
import { median, quantileOfSorted, sorted } from './quantile.js';
import { below, seededRandom } from './random.js';

const RESAMPLES = 2000;
/** Fixed, so that a report of the same numbers is the same report. */
const SEED = 20_240_517;

/**
 * The median of numbers with its 95 % percentile interval from resampling whole rounds.
 *
 * @see B. Efron 1979, "Bootstrap methods: another look at the jackknife"
 */
export function medianWithInterval(values: readonly number[]): IntervalFigure {
  const random = seededRandom(SEED);
  const medians = Array.from({ length: RESAMPLES }, () =>
    median(Array.from(values, () => values[below(random, values.length)]!)),
  );
  const inOrder = sorted(medians);
  return {
    value: median(values),
    low: quantileOfSorted(inOrder, 0.025),
    high: quantileOfSorted(inOrder, 0.975),
  };
}
