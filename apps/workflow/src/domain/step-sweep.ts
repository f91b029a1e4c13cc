import type { CompiledToolStep } from './compiled-workflow.js';
import type { CompileScope } from './compile-scope.js';
import type { ParsedToolStep, PlacedReference } from './parsed-workflow.js';
import { referenceText } from './reference.js';
import type { Template } from './template.js';
import { placeOf } from './yaml-tree.js';

/** The parameters that a step is repeated over, with their values. */
export function compileSweep(scope: CompileScope, step: ParsedToolStep): CompiledToolStep['sweep'] {
  const sweeps: CompiledToolStep['sweep'] = [];
  for (const { parameter, place, values } of step.sweep) {
    if (step.with?.entries.has(parameter)) {
      const message = `the parameter '${parameter}' of the step '${step.name}' is both in with and in sweep`;
      scope.mistakes.add('WORKFLOW_SWEEP_INVALID', place, message, 'remove one of them');
    }
    const list =
      'kind' in values
        ? scope.template(values, (reference) => sweepReference(scope, reference))
        : sweepReference(scope, values);
    if (Array.isArray(list) && list.length > 0) sweeps.push({ parameter, values: list });
    else if (list !== null) {
      const message = `the sweep over '${parameter}' of the step '${step.name}' is not a list of values`;
      scope.mistakes.add(
        'WORKFLOW_SWEEP_INVALID',
        'kind' in values ? placeOf(values) : values.place,
        message,
        'write a list with at least one value',
      );
    }
  }
  return sweeps;
}

function sweepReference(scope: CompileScope, { reference, place }: PlacedReference): Template {
  if (reference.to === 'parameter') return scope.parameter(reference.name, place) ?? null;
  const message = `${referenceText(reference)} can't be swept over: a sweep is over values that are known before anything runs`;
  scope.mistakes.add(
    'WORKFLOW_SWEEP_INVALID',
    place,
    message,
    'write values or $parameters.NAME; to map over artifacts use each',
  );
  return null;
}
