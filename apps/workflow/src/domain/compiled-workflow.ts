import type { Digest } from '@sedge/artifact-contracts';
import type { RegisteredTool } from '@sedge/tool-contracts';
import type { Place } from './mistake.js';
import type { ParsedExpectation, RetryBudget } from './parsed-workflow.js';
import type { ParameterTemplate, Template } from './template.js';

/** A workflow that has been checked whole against the tools that there are. Its steps stand in an order in which they can run. */
export interface CompiledWorkflow {
  name: string;
  description: string;
  steps: CompiledStep[];
  /** how many items the steps have together; items are numbered through, step by step */
  itemCount: number;
}

export type CompiledStep =
  CompiledInput | CompiledStoredInput | CompiledToolStep | CompiledChooseStep | CompiledAwaitStep;

interface CompiledStepBase {
  index: number;
  /** as in the file; an input `x` is the step `inputs.x` */
  name: string;
  place: Place;
  /** what the step is repeated over, in the order of the steps that bring the axes in; none: it runs once */
  axes: Axis[];
  /** number of items: the product of the axes */
  size: number;
  /** number of its first item */
  firstItem: number;
  /** artifact kind by output name */
  outputs: Map<string, string>;
}

/** One direction in which items multiply: the sweep or each of one step. */
export interface Axis {
  /** index of the step that it comes from */
  owner: number;
  size: number;
  /** e.g. `seed=2`, one per position */
  labels: string[];
}

/** External data, brought in by the tool that acquires sources. */
export interface CompiledInput extends CompiledStepBase {
  kind: 'input';
  tool: RegisteredTool;
  from: string;
  sha256: string | null;
}

/** External data that somebody brought in before: a `source` artifact by its id. */
export interface CompiledStoredInput extends CompiledStepBase {
  kind: 'stored';
  artifact: Digest;
}

export interface CompiledToolStep extends CompiledStepBase {
  kind: 'tool';
  tool: RegisteredTool;
  inputs: InputBinding[];
  /** parameters as `with` gives them, with holes for what only a run knows */
  parameters: ParameterTemplate;
  /** the step's own sweep, outer keys first */
  sweep: { parameter: string; values: unknown[] }[];
  /** the items of `each` */
  each: Template[] | null;
  /** index among the axes of the one that this step brings in, null when it has neither sweep nor each */
  ownAxis: number | null;
  expect: CompiledExpectation[];
  retry: RetryBudget;
  timeoutMs: number | null;
}

export interface CompiledExpectation extends ParsedExpectation {
  /** where the metric may be: the first output that has it counts */
  candidates: { output: string; metric: string }[];
}

export interface CompiledChooseStep extends CompiledStepBase {
  kind: 'choose';
  from: StepOutput;
  by: StepOutput & { metric: string };
  direction: 'max' | 'min';
}

export interface CompiledAwaitStep extends CompiledStepBase {
  kind: 'await';
  artifactKind: string;
  derivedFrom: StepOutput;
  timeoutMs: number;
}

/** An output of a step: an artifact per item of that step. */
export interface StepOutput {
  step: number;
  output: string;
}

export interface InputBinding {
  name: string;
  form: 'one' | 'list' | 'all';
  /** what is bound; an entry of `each` stands for one output per item */
  sources: (StepOutput | EachEntry)[];
}

export interface EachEntry {
  each: string | null;
}

/** The one output of a choose or await step, and its name. */
export const CHOSEN_OUTPUT = 'artifact';

/** The one output of a stored input: as of what brings inputs in. */
export const STORED_OUTPUT = 'source';

/** The kind of all inputs. */
export const INPUT_KIND = 'source';
