import type { CompiledToolStep } from './compiled-workflow.js';
import type { CompileScope } from './compile-scope.js';
import type { Place } from './mistake.js';
import type { ParameterChecker, ParameterProblem } from './parameter-checker.js';
import type { ParsedToolStep } from './parsed-workflow.js';
import { isReference, parseReference, type Reference } from './reference.js';
import { ArtifactHole, EachHole, MetricHole, entryOfEach, fillTemplate, type Template } from './template.js';
import { placeOf, type TreeNode } from './yaml-tree.js';

/** A number to check a schema with where the real one will come from a report: fits `number` and `integer`. */
const SOME_METRIC = 1;

/**
 * The parameters of one item of a step, as given.
 * @param own position on the axis that the step itself brings in
 */
export function givenParameters(
  step: CompiledToolStep,
  own: number,
  metric: (hole: MetricHole) => number,
): Record<string, unknown> {
  const item = step.each?.[Math.floor(own / sweepSize(step))] ?? null;
  const fill = (hole: MetricHole | EachHole | ArtifactHole): unknown => {
    if (hole instanceof MetricHole) return metric(hole);
    return hole instanceof EachHole ? fillTemplate(entryOfEach(item, hole.key) ?? null, fill) : null;
  };
  const parameters = fillTemplate(step.parameters, fill) as Record<string, unknown>;
  let rest = own % sweepSize(step);
  // The last key of a sweep varies fastest.
  for (const { parameter, values } of [...step.sweep].reverse()) {
    parameters[parameter] = values[rest % values.length];
    rest = Math.floor(rest / values.length);
  }
  return parameters;
}

function sweepSize(step: CompiledToolStep): number {
  return step.sweep.reduce((product, { values }) => product * values.length, 1);
}

/** Checks the parameters of all items of a step, and says of each mistake where in the file it stands. */
export function checkItemParameters(
  scope: CompileScope,
  checker: ParameterChecker,
  step: ParsedToolStep,
  compiled: CompiledToolStep,
): void {
  const size = compiled.ownAxis === null ? 1 : compiled.axes[compiled.ownAxis]!.size;
  for (let own = 0; own < size; own++) {
    const checked = checker.complete(
      compiled.tool,
      givenParameters(compiled, own, () => SOME_METRIC),
    );
    if ('parameters' in checked) continue;
    for (const problem of checked.problems) {
      if (isAboutUnknownNumber(problem, compiled, own)) continue;
      const { place, parameter } = locate(scope, step, compiled, problem, own);
      // The value may be far from the step that refuses it.
      const from = parameter === null ? '' : ` (given to the step '${step.name}' by $parameters.${parameter})`;
      scope.mistakes.add(problem.code, place, `${problem.message}${from}`, problem.mend);
    }
  }
}

/** A number that only a run will know can be of the wrong type, but not yet out of bounds. */
function isAboutUnknownNumber(problem: ParameterProblem, step: CompiledToolStep, own: number): boolean {
  if (problem.keyword === 'type' || problem.path.length === 0) return false;
  let template: Template | undefined = step.parameters;
  for (const part of problem.path) {
    if (template instanceof EachHole)
      template = entryOfEach(step.each?.[Math.floor(own / sweepSize(step))] ?? null, template.key);
    if (template instanceof MetricHole) return true;
    if (template === null || typeof template !== 'object') return false;
    template = (template as { [key: string]: Template })[part];
  }
  return template instanceof MetricHole;
}

interface Spot {
  place: Place;
  /** the workflow's parameter in whose value it lies; null where it stands in the step itself */
  parameter: string | null;
}

/** Where a wrong parameter stands: in the sweep, in `with`, in the value that these refer to, or, when it is missing, at the step. */
function locate(
  scope: CompileScope,
  step: ParsedToolStep,
  compiled: CompiledToolStep,
  problem: ParameterProblem,
  own: number,
): Spot {
  const [first, ...rest] = problem.path;
  const sweep = step.sweep.find((one) => one.parameter === first);
  if (first === undefined || (!sweep && !step.with)) {
    return { place: step.with ? placeOf(step.with) : step.place, parameter: null };
  }
  const trail = new Trail(scope, step.each, Math.floor(own / sweepSize(compiled)));
  if (!sweep) return trail.follow(step.with!, problem.path, problem.isKey);
  if (problem.isKey && rest.length === 0) return { place: sweep.place, parameter: null };
  const position = String(positionInSweep(compiled, first, own));
  if ('kind' in sweep.values) return trail.follow(sweep.values, [position, ...rest], problem.isKey);
  const values = trail.valueOf(sweep.values.reference);
  return values
    ? trail.follow(values, [position, ...rest], problem.isKey)
    : { place: sweep.values.place, parameter: null };
}

function positionInSweep(step: CompiledToolStep, parameter: string, own: number): number {
  const index = step.sweep.findIndex((one) => one.parameter === parameter);
  const faster = step.sweep.slice(index + 1).reduce((product, { values }) => product * values.length, 1);
  return Math.floor(own / faster) % step.sweep[index]!.values.length;
}

/** Follows a path through a step, and through references to where the values stand that they name. */
class Trail {
  private parameter: string | null = null;

  /** @param item of `each` that the item of the step belongs to */
  constructor(
    private readonly scope: CompileScope,
    private readonly each: TreeNode | null,
    private readonly item: number,
  ) {}

  follow(start: TreeNode, path: readonly string[], isKey: boolean): Spot {
    let node = this.resolved(start);
    for (const [depth, part] of path.entries()) {
      const entry = node.kind === 'map' ? node.entries.get(part) : undefined;
      if (entry && isKey && depth === path.length - 1) return this.spot(node.source.placeOf(entry.at));
      const next = node.kind === 'list' ? node.items[Number(part)] : entry?.value;
      if (next === undefined) break;
      node = this.resolved(next);
    }
    return this.spot(placeOf(node));
  }

  /** The node that a reference stands for, as far as it is in the file. */
  valueOf(reference: Reference): TreeNode | undefined {
    if (reference.to === 'parameter') {
      this.parameter = reference.name;
      return this.scope.parameterNode(reference.name);
    }
    if (reference.to !== 'each' || this.each === null) return undefined;
    const items = this.resolved(this.each, false);
    const item = items.kind === 'list' ? items.items[this.item] : undefined;
    if (item === undefined || reference.key === null) return item;
    const entries = this.resolved(item, false);
    return entries.kind === 'map' ? entries.entries.get(reference.key)?.value : undefined;
  }

  /** Values of parameters hold no references, and items of each none to each; where they do, that is told elsewhere. */
  private resolved(node: TreeNode, mayBeEach = true): TreeNode {
    if (node.kind !== 'scalar' || !isReference(node.value)) return node;
    const reference = parseReference(node.value);
    if ('problem' in reference || (reference.to === 'each' && !mayBeEach)) return node;
    const value = this.valueOf(reference);
    if (value === undefined || reference.to === 'parameter') return value ?? node;
    return this.resolved(value, false);
  }

  private spot(place: Place): Spot {
    return { place, parameter: this.parameter };
  }
}
