import type { RegisteredTool } from '@sedge/tool-contracts';
import type { CompiledToolStep, EachEntry, InputBinding, StepOutput } from './compiled-workflow.js';
import { artifactHolesOf, type CompileScope } from './compile-scope.js';
import { valuesIn } from './compile-limits.js';
import { checkedEachItems, compileEach } from './each-items.js';
import { compileBindings } from './input-bindings.js';
import { ownAxis, ownSize } from './own-axis.js';
import type { ParameterChecker } from './parameter-checker.js';
import type { ParsedToolStep, PlacedReference } from './parsed-workflow.js';
import { referenceText } from './reference.js';
import { outputsOf, sourcesOf, stepBase } from './step-compiler.js';
import { compileExpectation } from './step-expectations.js';
import { checkItemParameters } from './step-parameters.js';
import { compileSweep } from './step-sweep.js';
import { EachHole, entryOfEach, holesOf, type ParameterTemplate, type Template } from './template.js';
import type { ToolCatalogue } from './tool-catalogue.js';

/** What compiling needs to know of the world: the tools, their parameters, and how large is too large. */
export interface CompileSettings {
  tools: ToolCatalogue;
  parameters: ParameterChecker;
  /** of the text with what `--set` gives */
  maxCharacters: number;
  maxSteps: number;
}

/** Compiles a step that runs a tool: its inputs, parameters, repetition and expectations, against what the tool declares. */
export function compileToolStep(
  scope: CompileScope,
  settings: CompileSettings,
  step: ParsedToolStep,
): CompiledToolStep | null {
  const tool = findTool(scope, settings.tools, step);
  if (tool === null) return null;
  const before = scope.mistakes.count;
  const each = compileEach(scope, step);
  const sweep = compileSweep(scope, step);
  const size = ownSize(sweep, each);
  scope.limits.checkItems({ ...stepBase(scope, step, []), size }, scope.steps);
  scope.limits.spend(valuesIn(each, scope.limits.left), step);
  const inputs = compileBindings(scope, step, tool, each);
  const parameters = compileParameters(scope, step, each);
  spendParameters(scope, step, parameters, sweep, each);
  const read = [...sourcesOf(inputs), ...(each ?? []).flatMap(sourcesInTemplate), ...sourcesInTemplate(parameters)];
  const axes = scope.axesOf(read);
  const own = ownAxis(scope, sweep, each);
  if (own) axes.push(own);
  const base = stepBase(scope, step, axes);
  scope.limits.checkItems(base, scope.steps);
  scope.limits.spend(base.size * readBy(scope, inputs), step);
  const compiled: CompiledToolStep = {
    ...base,
    kind: 'tool',
    tool,
    outputs: outputsOf(tool),
    inputs,
    parameters,
    sweep,
    each,
    ownAxis: own ? axes.length - 1 : null,
    expect: [],
    retry: step.retry,
    timeoutMs: step.timeoutMs,
  };
  // With holes unfilled or a sweep refused, a look at the parameters would only repeat what is noted.
  if (scope.mistakes.count === before) checkItemParameters(scope, settings.parameters, step, compiled);
  compiled.expect = step.expect.map((expectation) => compileExpectation(scope, compiled, expectation));
  return compiled;
}

function findTool(scope: CompileScope, tools: ToolCatalogue, step: ParsedToolStep): RegisteredTool | null {
  const { name, version, place } = step.tool;
  const found = tools.find(name, version);
  const versions = tools.versionsOf(name);
  if (found !== null || name === '') return found;
  if (versions.length === 0) {
    scope.mistakes.add('WORKFLOW_TOOL_UNKNOWN', place, `there is no tool '${name}'`, {
      written: name,
      among: tools.names(),
    });
  } else {
    const mend = `there is ${versions.map((one) => `${name}@${one}`).join(', ')}`;
    scope.mistakes.add(
      'WORKFLOW_TOOL_VERSION_UNKNOWN',
      place,
      `the tool '${name}' is not there in version '${version}'`,
      mend,
    );
  }
  return null;
}

function compileParameters(scope: CompileScope, step: ParsedToolStep, each: Template[] | null): ParameterTemplate {
  if (step.with === null) return {};
  const template = scope.template(step.with, (placed) => parameterReference(scope, step, placed, each));
  return template as ParameterTemplate;
}

function parameterReference(
  scope: CompileScope,
  step: ParsedToolStep,
  placed: PlacedReference,
  each: Template[] | null,
): Template {
  const { reference, place } = placed;
  if (reference.to === 'parameter') return scope.parameter(reference.name, place) ?? null;
  if (reference.to === 'each') {
    const items = checkedEachItems(scope, step, placed, each);
    if (items.some((item) => artifactHolesOf(entryOfEach(item, reference.key) ?? null).length > 0)) {
      scope.mistakes.add(
        'WORKFLOW_EACH_INVALID',
        place,
        `${referenceText(reference)} holds an artifact, which is no parameter`,
        'bind it under in',
      );
    }
    return new EachHole(reference.key);
  }
  if (reference.to === 'step' && reference.metric !== null) return scope.metric(placed);
  const message = `${referenceText(reference)} is an artifact, but 'with' of the step '${step.name}' takes values`;
  const mend = 'bind it under in; a number of its report is $STEP.OUTPUT.METRIC';
  scope.mistakes.add('WORKFLOW_REFERENCE_INVALID', place, message, mend);
  return null;
}

function sourcesInTemplate(template: Template): StepOutput[] {
  return holesOf(template).flatMap((hole) => (hole instanceof EachHole ? [] : [hole.source]));
}

/** Counts the values that the parameters of a step's own items hold, each time that they are given. */
function spendParameters(
  scope: CompileScope,
  step: ParsedToolStep,
  parameters: ParameterTemplate,
  sweep: CompiledToolStep['sweep'],
  each: Template[] | null,
): void {
  const { limits } = scope;
  const size = ownSize(sweep, each);
  limits.spend(size * valuesIn(parameters, limits.left), step);
  for (const { values } of sweep)
    limits.spend((size / values.length) * valuesIn(values as Template, limits.left), step);
  if (each === null) return;
  const filled = holesOf(parameters).filter((hole) => hole instanceof EachHole).length;
  limits.spend(filled * (size / each.length) * valuesIn(each, limits.left), step);
}

/** How many outputs each item of a step reads. */
function readBy(scope: CompileScope, inputs: InputBinding[]): number {
  const items = (source: StepOutput | EachEntry): number => ('step' in source ? scope.steps[source.step]!.size : 1);
  return inputs.reduce(
    (sum, { form, sources }) =>
      sum + (form === 'all' ? sources.reduce((all, source) => all + items(source), 0) : sources.length),
    0,
  );
}
