import type { RegisteredTool } from '@sedge/tool-contracts';
import {
  CHOSEN_OUTPUT,
  type Axis,
  type CompiledAwaitStep,
  type CompiledChooseStep,
  type CompiledStep,
  type StepOutput,
} from './compiled-workflow.js';
import type { CompileScope } from './compile-scope.js';
import type { ParsedAwaitStep, ParsedChooseStep, PlacedReference } from './parsed-workflow.js';
import { referenceText } from './reference.js';

/** What every compiled step has beside its own: number, repetition, place. */
export function stepBase(scope: CompileScope, step: { name: string; place: CompiledStep['place'] }, axes: Axis[]) {
  const last = scope.steps.at(-1);
  return {
    index: scope.steps.length,
    name: step.name,
    place: step.place,
    axes,
    size: axes.reduce((product, axis) => product * axis.size, 1),
    firstItem: last ? last.firstItem + last.size : 0,
  };
}

/** A choice: among the items of one step, by a number that each has. */
export function compileChoose(scope: CompileScope, step: ParsedChooseStep): CompiledChooseStep | null {
  const from = scope.output(step.from);
  const by = scope.metric(step.by);
  if (from === null || by === null) return null;
  const [fromAxes, byAxes] = [scope.axesOf([from]), scope.axesOf([by.source])];
  const note = (reference: PlacedReference, message: string, mend: string): null => {
    scope.mistakes.add('WORKFLOW_CHOOSE_INVALID', reference.place, message, mend);
    return null;
  };
  const [fromText, byText] = [referenceText(step.from.reference), referenceText(step.by.reference)];
  if (fromAxes.length === 0) {
    return note(
      step.from,
      `there is nothing to choose from: ${fromText} is one artifact`,
      'give its step a sweep, or use it directly',
    );
  }
  if (!sameAxes(fromAxes, byAxes)) {
    const message = `${byText} (${axesText(scope, byAxes)}) does not give one number for each item of ${fromText} (${axesText(scope, fromAxes)})`;
    return note(
      step.by,
      message,
      `choose by a metric of a step that reads ${fromText} and is repeated over nothing else`,
    );
  }
  return {
    ...stepBase(scope, step, []),
    kind: 'choose',
    outputs: new Map([[from.output === '' ? CHOSEN_OUTPUT : from.output, scope.kindOf(from)]]),
    from,
    by: { ...by.source, metric: by.metric },
    direction: step.direction,
  };
}

/** A step that waits for an artifact that somebody else makes from one of this run. */
export function compileAwait(scope: CompileScope, step: ParsedAwaitStep): CompiledAwaitStep | null {
  const derivedFrom = scope.output(step.derivedFrom);
  if (derivedFrom === null) return null;
  return {
    ...stepBase(scope, step, scope.axesOf([derivedFrom])),
    kind: 'await',
    outputs: new Map([[CHOSEN_OUTPUT, step.artifactKind]]),
    artifactKind: step.artifactKind,
    derivedFrom,
    timeoutMs: step.timeoutMs,
  };
}

/** The outputs that a tool declares, with their kinds. */
export function outputsOf(tool: RegisteredTool): Map<string, string> {
  return new Map(Object.entries(tool.definition.outputs).map(([name, port]) => [name, port.kind]));
}

function sameAxes(a: readonly Axis[], b: readonly Axis[]): boolean {
  return a.length === b.length && a.every((axis, index) => axis.owner === b[index]!.owner);
}

function axesText(scope: CompileScope, axes: readonly Axis[]): string {
  if (axes.length === 0) return 'one item';
  return axes.map((axis) => `${axis.size} by ${scope.steps[axis.owner]!.name}`).join(' × ');
}

/** Whether two sources are outputs of steps with the same items. */
export function sourcesOf(
  bindings: readonly { form: string; sources: readonly (StepOutput | { each: string | null })[] }[],
): StepOutput[] {
  return bindings.flatMap((binding) =>
    binding.form === 'all' ? [] : binding.sources.filter((source): source is StepOutput => 'step' in source),
  );
}
