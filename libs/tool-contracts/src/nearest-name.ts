/**
 * The known name that was probably meant, or null when none is near.
 * Near means at most a third of the letters changed, a name that starts with what was written, or the same letters in another case.
 */
export function nearestName(
  written: string,
  known: Iterable<string>,
  mostLetters = Math.max(1, Math.floor(written.length / 3)),
): string | null {
  let best: string | null = null;
  let bestDistance = Infinity;
  for (const name of known) {
    const distance = distanceOf(written, name, Math.min(mostLetters, bestDistance));
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return bestDistance <= mostLetters ? best : null;
}

/** A sentence that says what to write instead: the nearest name, or all of them where there are few. */
export function suggestName(written: string, known: Iterable<string>): string {
  const names = [...known];
  const nearest = nearestName(written, names);
  if (nearest !== null) return `did you mean '${nearest}'?`;
  if (names.length === 0) return 'there is none';
  const shown = names.slice(0, 12).join(', ');
  return names.length > 12 ? `known are ${shown} and ${names.length - 12} more` : `known: ${shown}`;
}

/** @param most above this the distance doesn't matter: Infinity is as good */
function distanceOf(written: string, name: string, most: number): number {
  if (written.toLowerCase() === name.toLowerCase()) return 0.5;
  if (written.length >= 3 && name.startsWith(written)) return 1;
  return editDistance(written.slice(0, 64), name.slice(0, 64), most);
}

/** Damerau's distance for neighbouring letters: insertions, deletions, substitutions, swaps. @returns Infinity where it is above `most` */
function editDistance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return Infinity;
  let beforeLast: number[] = [];
  let smallestBefore = 0;
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    let smallest = row;
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let distance = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1));
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        distance = Math.min(distance, beforeLast[column - 2]! + 1);
      }
      current.push(distance);
      if (distance < smallest) smallest = distance;
    }
    // A swap reaches two rows back, everything else one.
    if (smallest > most && smallestBefore > most) return Infinity;
    smallestBefore = smallest;
    [beforeLast, last] = [last, current];
  }
  return last[b.length]!;
}
