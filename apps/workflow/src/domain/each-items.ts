import { suggestName } from '@sedge/tool-contracts';
import type { CompileScope } from './compile-scope.js';
import { valuesIn } from './compile-limits.js';
import type { ParsedToolStep, PlacedReference } from './parsed-workflow.js';
import { referenceText } from './reference.js';
import { ArtifactHole, entryOfEach, type Template } from './template.js';
import { placeOf } from './yaml-tree.js';

/** The items of each, in which outputs may stand; null where there is no each, or none that will do. */
export function compileEach(scope: CompileScope, step: ParsedToolStep): Template[] | null {
  if (step.each === null) return null;
  const items = scope.template(step.each, (reference) => eachReference(scope, reference));
  if (Array.isArray(items) && items.length > 0) return items;
  const message = `'each' of the step '${step.name}' ${Array.isArray(items) ? 'has no items' : 'is not a list'}`;
  const mend = 'write a list, or $parameters.NAME of one; a swept step needs no each, reading it repeats by itself';
  scope.mistakes.add('WORKFLOW_EACH_INVALID', placeOf(step.each), message, mend);
  return null;
}

function eachReference(scope: CompileScope, placed: PlacedReference): Template {
  const { reference, place } = placed;
  if (reference.to === 'parameter') return scope.parameter(reference.name, place) ?? null;
  if (reference.to === 'each') {
    scope.mistakes.add('WORKFLOW_EACH_INVALID', place, 'an item of each can not refer to itself', 'write the value');
    return null;
  }
  if (reference.to === 'step' && reference.metric !== null) return scope.metric(placed);
  const output = scope.output(placed);
  return output && new ArtifactHole(output);
}

/** The items of each, after a look that all have the entry that a reference names. */
export function checkedEachItems(
  scope: CompileScope,
  step: ParsedToolStep,
  { reference, place }: PlacedReference,
  each: Template[] | null,
): Template[] {
  if (each === null || reference.to !== 'each') {
    scope.mistakes.add(
      'WORKFLOW_EACH_INVALID',
      place,
      `${referenceText(reference)} stands in a step without each`,
      'give the step each: [ … ]',
    );
    return [];
  }
  scope.limits.spend(valuesIn(each, scope.limits.left), step);
  const lacking = each.findIndex((item) => entryOfEach(item, reference.key) === undefined);
  if (lacking < 0) return each;
  const message = `item ${lacking + 1} of each has no entry '${reference.key}'`;
  const item = each[lacking]!;
  const keys = item !== null && typeof item === 'object' && !Array.isArray(item) ? Object.keys(item) : [];
  scope.mistakes.add('WORKFLOW_REFERENCE_UNKNOWN', place, message, suggestName(reference.key ?? '', keys));
  return [];
}
