import type { CompiledExpectation } from './compiled-workflow.js';
import type { Operator } from './parsed-workflow.js';

/** The named numbers of a report; null where the artifact has none. */
export type Metrics = Record<string, number> | null;

/**
 * The position of the largest (or smallest) value; the first of equal ones, so that the choice is the same each time.
 * @returns null where there are no values
 */
export function chooseBest(values: readonly number[], direction: 'max' | 'min'): number | null {
  let best: number | null = null;
  for (const [index, value] of values.entries()) {
    if (best === null || (direction === 'max' ? value > values[best]! : value < values[best]!)) best = index;
  }
  return best;
}

const COMPARE: Record<Operator, (a: number, b: number) => boolean> = {
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
};

/** @returns why an expectation is missed, or null when it is met */
export function missOf(
  expectation: CompiledExpectation,
  metricsOf: (output: string) => Metrics,
): { code: 'WORKFLOW_EXPECTATION_MISSED' | 'WORKFLOW_METRIC_MISSING'; message: string } | null {
  const { metric, operator, value } = expectation;
  const found = expectation.candidates
    .map((candidate) => metricOf(metricsOf(candidate.output), candidate.metric))
    .find((number) => number !== null);
  if (found === undefined || found === null) {
    const known = expectation.candidates.flatMap(({ output }) => Object.keys(metricsOf(output) ?? {}));
    return { code: 'WORKFLOW_METRIC_MISSING', message: missingMetric(metric, known) };
  }
  if (COMPARE[operator](found, value)) return null;
  return {
    code: 'WORKFLOW_EXPECTATION_MISSED',
    message: `expected ${metric} ${operator} ${value}, but it is ${found}`,
  };
}

export function metricOf(metrics: Metrics, name: string): number | null {
  const value = metrics !== null && Object.hasOwn(metrics, name) ? metrics[name] : undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function missingMetric(name: string, known: readonly string[]): string {
  const shown = known.length === 0 ? 'it has none' : `it has ${known.slice(0, 20).join(', ')}`;
  return `the report has no metric '${name}'; ${shown}`;
}

/** The middle of some numbers; null of none. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
