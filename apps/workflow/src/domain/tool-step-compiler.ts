import { type RegisteredTool, suggestName } from '@sedge/tool-contracts';
import type {
  Axis,
  CompiledExpectation,
  CompiledToolStep,
  EachEntry,
  InputBinding,
  StepOutput,
} from './compiled-workflow.js';
import { artifactHolesOf, declaredMetrics, metricFits, type CompileScope } from './compile-scope.js';
import { valuesIn } from './compile-limits.js';
import type { ParameterChecker } from './parameter-checker.js';
import type { ParsedBinding, ParsedExpectation, ParsedToolStep, PlacedReference } from './parsed-workflow.js';
import { referenceText } from './reference.js';
import { outputsOf, sourcesOf, stepBase } from './step-compiler.js';
import { checkItemParameters } from './step-parameters.js';
import {
  ArtifactHole,
  EachHole,
  MetricHole,
  entryOfEach,
  holesOf,
  type ParameterTemplate,
  type Template,
} from './template.js';
import { kindFits, type ToolCatalogue } from './tool-catalogue.js';
import { placeOf } from './yaml-tree.js';

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

function compileEach(scope: CompileScope, step: ParsedToolStep): Template[] | null {
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

function compileSweep(scope: CompileScope, step: ParsedToolStep): CompiledToolStep['sweep'] {
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

function compileBindings(
  scope: CompileScope,
  step: ParsedToolStep,
  tool: RegisteredTool,
  each: Template[] | null,
): InputBinding[] {
  const ports = tool.definition.inputs;
  for (const [name, port] of Object.entries(ports)) {
    if (port.optional || step.inputs.some((binding) => binding.name === name)) continue;
    const message = `the step '${step.name}' does not give the input '${name}' (${port.kind}) of the tool '${tool.definition.name}'`;
    scope.mistakes.add('WORKFLOW_INPUT_MISSING', step.place, message, `add in: { ${name}: $STEP.OUTPUT }`);
  }
  const bindings: InputBinding[] = [];
  for (const binding of step.inputs) {
    const port = Object.hasOwn(ports, binding.name) ? ports[binding.name]! : null;
    if (port === null) {
      const message = `the tool '${tool.definition.name}' has no input '${binding.name}'`;
      scope.mistakes.add(
        'WORKFLOW_INPUT_UNKNOWN',
        binding.place,
        message,
        suggestName(binding.name, Object.keys(ports)),
      );
      continue;
    }
    checkForm(scope, step, binding, port.many === true);
    const sources = binding.references.map((reference) => compileSource(scope, step, reference, each, port.kind));
    bindings.push({ name: binding.name, form: binding.form, sources: sources.filter((source) => source !== null) });
  }
  return bindings;
}

function checkForm(scope: CompileScope, step: ParsedToolStep, binding: ParsedBinding, takesMany: boolean): void {
  const what = `the input '${binding.name}' of the step '${step.name}'`;
  const place = binding.references[0]?.place ?? binding.place;
  if (takesMany === (binding.form !== 'one')) return;
  const shown = binding.references[0] ? referenceText(binding.references[0].reference) : '$STEP.OUTPUT';
  const [message, mend] = takesMany
    ? [
        `${what} takes many artifacts, but is given one reference`,
        `write { all: ${shown} } for all items of a sweep, or [${shown}] for a list`,
      ]
    : [
        `${what} takes one artifact, but is given ${binding.form === 'all' ? 'all items' : 'a list'}`,
        `write ${shown}: the step then runs once per item`,
      ];
  scope.mistakes.add('WORKFLOW_ALL_INVALID', place, message, mend);
}

function compileSource(
  scope: CompileScope,
  step: ParsedToolStep,
  placed: PlacedReference,
  each: Template[] | null,
  wanted: string,
): StepOutput | EachEntry | null {
  const { reference, place } = placed;
  if (reference.to !== 'each') {
    const output = scope.output(placed);
    if (output !== null) checkKind(scope, placed, output, wanted);
    return output;
  }
  for (const item of checkedEachItems(scope, step, placed, each)) {
    const entry = entryOfEach(item, reference.key);
    if (entry instanceof ArtifactHole) checkKind(scope, placed, entry.source, wanted);
    else if (entry !== undefined) {
      const message = `${referenceText(reference)} is a value in an item of each, but an artifact belongs here`;
      scope.mistakes.add('WORKFLOW_EACH_INVALID', place, message, 'write $STEP.OUTPUT in the items of each');
    }
  }
  return { each: reference.key };
}

/** The items of each, after a look that all have the entry that a reference names. */
function checkedEachItems(
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

function checkKind(
  scope: CompileScope,
  { reference, place }: PlacedReference,
  source: StepOutput,
  wanted: string,
): void {
  const kind = scope.kindOf(source);
  if (kindFits(kind, wanted)) return;
  const fitting = [...scope.steps[source.step]!.outputs]
    .filter(([, other]) => kindFits(other, wanted))
    .map(([name]) => name);
  const mend =
    fitting.length > 0
      ? `$${scope.steps[source.step]!.name}.${fitting[0]} would fit`
      : `bind an output of kind ${wanted}`;
  const message = `${referenceText(reference)} is of kind ${kind}, but the input takes ${wanted.replaceAll('|', ' or ')}`;
  scope.mistakes.add('WORKFLOW_KIND_MISMATCH', place, message, mend);
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

/** How many items a step has by itself: the items of its each, and for each of them the product of its sweep. */
function ownSize(sweep: CompiledToolStep['sweep'], each: Template[] | null): number {
  return sweep.reduce((product, { values }) => product * values.length, each?.length ?? 1);
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

/** The axis that a step brings in, if any, with a label for each of its items. */
function ownAxis(scope: CompileScope, sweep: CompiledToolStep['sweep'], each: Template[] | null): Axis | null {
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

/** Finds where the metric of an expectation may be: in the output that it names first, or in any that may have it. */
function compileExpectation(
  scope: CompileScope,
  step: CompiledToolStep,
  expectation: ParsedExpectation,
): CompiledExpectation {
  const outputs = [...step.outputs.keys()];
  const dot = expectation.metric.indexOf('.');
  const named = dot > 0 && outputs.includes(expectation.metric.slice(0, dot)) ? expectation.metric.slice(0, dot) : null;
  const pairs = named
    ? [{ output: named, metric: expectation.metric.slice(dot + 1) }]
    : outputs.map((output) => ({ output, metric: expectation.metric }));
  const candidates = pairs.filter(({ output, metric }) => {
    const known = declaredMetrics(step, output);
    return known === null || known.some((name) => metricFits(metric, name));
  });
  if (candidates.length === 0) {
    const known = outputs.flatMap((output) => declaredMetrics(step, output) ?? []);
    const message = `the step '${step.name}' has no metric '${expectation.metric}' to expect anything of`;
    scope.mistakes.add('WORKFLOW_METRIC_UNKNOWN', expectation.place, message, suggestName(expectation.metric, known));
  }
  return { ...expectation, candidates };
}
