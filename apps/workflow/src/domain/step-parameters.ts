import type { CompiledToolStep } from './compiled-workflow.js';
import type { Mistakes, Place } from './mistake.js';
import type { ParameterChecker, ParameterProblem } from './parameter-checker.js';
import type { ParsedToolStep } from './parsed-workflow.js';
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
  mistakes: Mistakes,
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
      mistakes.add(problem.code, locate(step, compiled, problem, own), problem.message, problem.mend);
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

/** Where a wrong parameter stands: in the sweep, in `with`, or, when it is missing, at the step. */
function locate(step: ParsedToolStep, compiled: CompiledToolStep, problem: ParameterProblem, own: number): Place {
  const [first, ...rest] = problem.path;
  if (first === undefined) return step.with ? placeOf(step.with) : step.place;
  const sweep = step.sweep.find((one) => one.parameter === first);
  if (sweep) {
    if (problem.isKey && rest.length === 0) return sweep.place;
    if (!('kind' in sweep.values)) return sweep.values.place;
    return placeIn(sweep.values.items[positionInSweep(compiled, first, own)]!, rest, problem.isKey);
  }
  return step.with ? placeIn(step.with, problem.path, problem.isKey) : step.place;
}

function positionInSweep(step: CompiledToolStep, parameter: string, own: number): number {
  const index = step.sweep.findIndex((one) => one.parameter === parameter);
  const faster = step.sweep.slice(index + 1).reduce((product, { values }) => product * values.length, 1);
  return Math.floor(own / faster) % step.sweep[index]!.values.length;
}

/** Follows a path as far as the file goes; a reference ends it, since what it stands for is written elsewhere. */
function placeIn(start: TreeNode, path: readonly string[], isKey: boolean): Place {
  let node = start;
  for (const [depth, part] of path.entries()) {
    const entry = node.kind === 'map' ? node.entries.get(part) : undefined;
    if (entry && isKey && depth === path.length - 1) return node.source.placeOf(entry.at);
    const next = node.kind === 'list' ? node.items[Number(part)] : entry?.value;
    if (next === undefined) break;
    node = next;
  }
  return placeOf(node);
}
