/** How far results are from the wanted ones: max |a - b| / max |b|. Infinite where a result is no number or one is missing. */
export function largestDifference(results: ArrayLike<number>, wanted: ArrayLike<number>): number {
  if (results.length !== wanted.length) return Infinity;
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < wanted.length; i++) {
    const apart = Math.abs(results[i]! - wanted[i]!);
    difference = Number.isFinite(apart) ? Math.max(difference, apart) : Infinity;
    largest = Math.max(largest, Math.abs(wanted[i]!));
  }
  return difference === 0 ? 0 : difference / largest;
}
