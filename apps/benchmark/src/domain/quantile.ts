/** Numbers in ascending order; the given ones stay as they are. */
export function sorted(values: readonly number[]): number[] {
  // Typed arrays sort by value without calls back, many times faster.
  return Array.from(Float64Array.from(values).sort());
}

/** The quantile of numbers in ascending order, linear between neighbours (Hyndman and Fan 1996, type 7). @param share 0 to 1 */
export function quantileOfSorted(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('no numbers, no quantile');
  const place = (values.length - 1) * share;
  const below = Math.floor(place);
  const above = Math.min(below + 1, values.length - 1);
  return values[below]! + (values[above]! - values[below]!) * (place - below);
}

export function quantile(values: readonly number[], share: number): number {
  return quantileOfSorted(sorted(values), share);
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
