import { isDigest, type Digest } from '@sedge/artifact-contracts';
import { applyAssignments, locateInput, type BaseDirectories } from './assignments.js';
import { INPUT_KIND, STORED_OUTPUT, type CompiledWorkflow } from './compiled-workflow.js';
import { CompileLimits, WorkflowTooLarge } from './compile-limits.js';
import { CompileScope } from './compile-scope.js';
import { Mistakes, type Mistake } from './mistake.js';
import type { ParsedInput, ParsedStep, ParsedWorkflow } from './parsed-workflow.js';
import { compileAwait, compileChoose, outputsOf, stepBase } from './step-compiler.js';
import { orderSteps } from './step-order.js';
import { compileToolStep, type CompileSettings } from './tool-step-compiler.js';
import { parseWorkflow } from './workflow-parser.js';
import { Source } from './yaml-tree.js';

/** What a user hands in to be checked, planned or run. */
export interface WorkflowRequest {
  /** the YAML text */
  text: string;
  /** its name, for messages */
  file: string;
  /** what `--set` gives: values of parameters and addresses of inputs */
  set: Record<string, unknown>;
  base: BaseDirectories;
}

export type Compilation = { workflow: CompiledWorkflow } | { mistakes: Mistake[] };

/** The tool that brings external data in; it belongs to the ingestion stage. */
export const ACQUIRE_TOOL = 'acquire-source';

/** Reads and checks a workflow whole. @returns it ready to run, or every mistake in it */
export function compileWorkflow(request: WorkflowRequest, settings: CompileSettings): Compilation {
  const mistakes = new Mistakes();
  checkLength(request, settings.maxCharacters, mistakes);
  if (mistakes.count > 0) return { mistakes: mistakes.list() };
  const parsed = parseWorkflow(new Source(request.file, request.text), mistakes);
  if (parsed === null) return { mistakes: mistakes.list() };
  checkSteps(parsed, settings.maxSteps, mistakes);
  const scope = new CompileScope(mistakes, new CompileLimits(mistakes, settings.maxSteps));
  try {
    if (parsed.steps.length <= settings.maxSteps) compileAll(scope, settings, parsed, request);
  } catch (error) {
    if (!(error instanceof WorkflowTooLarge)) throw error;
  }
  if (mistakes.count > 0) return { mistakes: mistakes.list() };
  const last = scope.steps.at(-1);
  const itemCount = last ? last.firstItem + last.size : 0;
  return { workflow: { name: parsed.name, description: parsed.description, steps: scope.steps, itemCount } };
}

/** @throws WorkflowTooLarge */
function compileAll(
  scope: CompileScope,
  settings: CompileSettings,
  parsed: ParsedWorkflow,
  request: WorkflowRequest,
): void {
  const assigned = applyAssignments(parsed, request.set, scope.mistakes);
  for (const { name, value } of assigned.parameters) scope.addParameter(name, value);
  compileInputs(scope, settings, assigned, request);
  for (const step of orderSteps(assigned, scope.mistakes)) compileStep(scope, settings, step);
}

/** Reading YAML takes many times the memory of its text, in one go: what is too long is refused unread. */
function checkLength({ text, set, file }: WorkflowRequest, maxCharacters: number, mistakes: Mistakes): void {
  const given = Object.keys(set).length === 0 ? 0 : JSON.stringify(set).length;
  if (text.length + given <= maxCharacters) return;
  const much = given === 0 ? `${text.length}` : `${text.length}, and ${given} in what is set`;
  const mend =
    'sweep over a list instead of repeating steps, split the workflow, or raise SEDGE_MAX_CHARACTERS of workflow';
  const message = `the text has ${much} characters; at most ${maxCharacters} are read`;
  mistakes.add('WORKFLOW_TOO_LARGE', new Source(file, '').placeOf(0), message, mend);
}

function compileInputs(
  scope: CompileScope,
  settings: CompileSettings,
  workflow: ParsedWorkflow,
  request: WorkflowRequest,
): void {
  const tool = settings.tools.find(ACQUIRE_TOOL, null);
  for (const input of workflow.inputs) {
    scope.declaredInputs.add(input.name);
    const from = locateInput(input, Object.hasOwn(request.set, input.name), request.base, scope.mistakes);
    if (isDigest(from)) {
      compileStoredInput(scope, input, from);
      continue;
    }
    if (tool === null) {
      const message = `the tool '${ACQUIRE_TOOL}', which brings the input '${input.name}' in, is not registered`;
      scope.mistakes.add('WORKFLOW_TOOL_UNKNOWN', input.place, message, 'start the ingestion service');
    }
    if (tool === null || from === null) continue;
    const base = stepBase(scope, { name: `inputs.${input.name}`, place: input.place }, []);
    scope.addStep({ ...base, kind: 'input', tool, outputs: outputsOf(tool), from, sha256: input.sha256 });
  }
}

function compileStoredInput(scope: CompileScope, { name, place, sha256 }: ParsedInput, artifact: Digest): void {
  if (sha256 !== null) {
    const message = `the input '${name}' has a sha256 beside the id of an artifact, which says already what is in it`;
    scope.mistakes.add('WORKFLOW_VALUE_INVALID', place, message, 'leave sha256 out');
  }
  const base = stepBase(scope, { name: `inputs.${name}`, place }, []);
  scope.addStep({ ...base, kind: 'stored', outputs: new Map([[STORED_OUTPUT, INPUT_KIND]]), artifact });
}

function compileStep(scope: CompileScope, settings: CompileSettings, step: ParsedStep): void {
  const compiled =
    step.kind === 'tool'
      ? compileToolStep(scope, settings, step)
      : step.kind === 'choose'
        ? compileChoose(scope, step)
        : compileAwait(scope, step);
  if (compiled !== null) scope.addStep(compiled);
}

/** Steps are counted before anything is made of them: sweeps only add to them. */
function checkSteps({ steps }: ParsedWorkflow, maxSteps: number, mistakes: Mistakes): void {
  if (steps.length <= maxSteps) return;
  const message = `the workflow has ${steps.length} steps; at most ${maxSteps} are taken`;
  const mend = 'sweep over a list instead of repeating steps, or split the workflow';
  mistakes.add('WORKFLOW_STEPS_TOO_MANY', steps[maxSteps]!.place, message, mend);
}
