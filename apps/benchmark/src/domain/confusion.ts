import type { ClassAccuracy, Proportion } from '@sedge/artifact-contracts';
import { wilson } from './proportion.js';

/** Which classes were taken for which. */
export interface Confusion {
  /** clips by [true class][predicted class] */
  matrix: number[][];
  top1: Proportion;
  perClass: ClassAccuracy[];
}

/** Counts predictions. @param labels and @param predictions class numbers, one per clip */
export function countConfusion(
  classes: readonly string[],
  labels: readonly number[],
  predictions: readonly number[],
): Confusion {
  const matrix = classes.map(() => classes.map(() => 0));
  labels.forEach((label, clip) => matrix[label]![predictions[clip]!]!++);
  const right = classes.map((_, i) => matrix[i]![i]!);
  const perClass = classes.map((name, i) => ({
    name,
    recall: wilson(right[i]!, sum(matrix[i]!)),
    precision: wilson(right[i]!, sum(matrix.map((row) => row[i]!))),
  }));
  return { matrix, top1: wilson(sum(right), labels.length), perClass };
}

/** The number of the largest value; of equal ones the first. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** Turns scores of any size into probabilities. The largest is taken off first, so that none overflows. */
export function softmax(scores: ArrayLike<number>): number[] {
  const largest = scores[argmax(scores)]!;
  const powers = Array.from(scores, (score) => Math.exp(score - largest));
  const total = sum(powers);
  return powers.map((power) => power / total);
}

/** The pairs of classes that are mixed up most: [true, predicted, clips], the most frequent first. */
export function commonMistakes(matrix: readonly number[][], count: number): [number, number, number][] {
  const pairs = matrix.flatMap((row, i) =>
    row.map((clips, j): [number, number, number] => [i, j, clips]).filter(([a, b, clips]) => a !== b && clips > 0),
  );
  return pairs.sort((a, b) => b[2] - a[2] || a[0] - b[0] || a[1] - b[1]).slice(0, count);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
