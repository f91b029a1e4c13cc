import type { Axis, CompiledToolStep } from './compiled-workflow.js';
import type { CompileScope } from './compile-scope.js';
import { ArtifactHole, EachHole, MetricHole, type Template } from './template.js';

/** How many items a step has by itself: the items of its each, and for each of them the product of its sweep. */
export function ownSize(sweep: CompiledToolStep['sweep'], each: Template[] | null): number {
  return sweep.reduce((product, { values }) => product * values.length, each?.length ?? 1);
}

/** The axis that a step brings in, if any, with a label for each of its items. */
export function ownAxis(scope: CompileScope, sweep: CompiledToolStep['sweep'], each: Template[] | null): Axis | null {
  if (sweep.length === 0 && each === null) return null;
  const size = ownSize(sweep, each);
  let labels = each ? each.map(eachLabel) : [''];
  for (const { parameter, values } of sweep) {
    labels = labels.flatMap((label) =>
      values.map((value) => `${label}${label && ','}${parameter}=${shortValue(value)}`),
    );
  }
  return { owner: scope.steps.length, size, labels: distinct(labels) };
}

function eachLabel(item: Template, index: number): string {
  if (item instanceof ArtifactHole || item instanceof MetricHole || item instanceof EachHole) return String(index + 1);
  if (item === null || typeof item !== 'object') return shortValue(item);
  const scalars = Object.entries(item).filter(([, value]) => value === null || typeof value !== 'object');
  return scalars.length > 0 && !Array.isArray(item)
    ? scalars.map(([key, value]) => `${key}=${shortValue(value)}`).join(',')
    : String(index + 1);
}

function shortValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/** Labels name items, so no two may be equal: the later ones get a number. */
function distinct(labels: string[]): string[] {
  const seen = new Map<string, number>();
  return labels.map((label) => {
    const count = (seen.get(label) ?? 0) + 1;
    seen.set(label, count);
    return count === 1 ? label : `${label}#${count}`;
  });
}
