import type { StepOutput } from './compiled-workflow.js';

/** A place in a parameter that is filled with a number from a report, once that is known. */
export class MetricHole {
  constructor(
    readonly source: StepOutput,
    readonly metric: string,
  ) {}
}

/** A place that is filled from the item of `each`. */
export class EachHole {
  constructor(readonly key: string | null) {}
}

/** An artifact in an item of `each`. */
export class ArtifactHole {
  constructor(readonly source: StepOutput) {}
}

/** A JSON value with holes. */
export type Template =
  string | number | boolean | null | MetricHole | EachHole | ArtifactHole | Template[] | { [key: string]: Template };

export type ParameterTemplate = { [key: string]: Template };

function isHole(template: Template): template is MetricHole | EachHole | ArtifactHole {
  return template instanceof MetricHole || template instanceof EachHole || template instanceof ArtifactHole;
}

/** Gives the value of a template, asking `fill` for each hole. */
export function fillTemplate(
  template: Template,
  fill: (hole: MetricHole | EachHole | ArtifactHole) => unknown,
): unknown {
  if (isHole(template)) return fill(template);
  if (Array.isArray(template)) return template.map((item) => fillTemplate(item, fill));
  if (template === null || typeof template !== 'object') return template;
  // fromEntries defines, where assignment would change the prototype for a key `__proto__`.
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, fillTemplate(value, fill)]));
}

/** What stands at `$each` or `$each.KEY` for one item; undefined where the item has no such entry. */
export function entryOfEach(item: Template, key: string | null): Template | undefined {
  if (key === null) return item;
  if (item === null || typeof item !== 'object' || Array.isArray(item) || isHole(item)) return undefined;
  return Object.hasOwn(item, key) ? (item as { [key: string]: Template })[key] : undefined;
}

/** All holes of a template, in order. */
export function holesOf(template: Template): (MetricHole | EachHole | ArtifactHole)[] {
  if (isHole(template)) return [template];
  if (Array.isArray(template)) return template.flatMap(holesOf);
  if (template === null || typeof template !== 'object') return [];
  return Object.values(template).flatMap(holesOf);
}
