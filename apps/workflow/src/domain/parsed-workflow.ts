import type { Place } from './mistake.js';
import type { Reference } from './reference.js';
import type { TreeList, TreeMap, TreeNode } from './yaml-tree.js';

/** A workflow as it is written: its form is right, but nothing is known yet of tools and of what references name. */
export interface ParsedWorkflow {
  name: string;
  description: string;
  inputs: ParsedInput[];
  parameters: ParsedParameter[];
  steps: ParsedStep[];
}

export interface ParsedInput {
  name: string;
  place: Place;
  /** path, URL or s3:// address; null where only `--set` gives it */
  from: string | null;
  sha256: string | null;
}

export interface ParsedParameter {
  name: string;
  place: Place;
  value: TreeNode;
}

export type ParsedStep = ParsedToolStep | ParsedChooseStep | ParsedAwaitStep;

interface ParsedStepBase {
  name: string;
  place: Place;
}

export interface ParsedToolStep extends ParsedStepBase {
  kind: 'tool';
  tool: { name: string; version: string | null; place: Place };
  inputs: ParsedBinding[];
  with: TreeMap | null;
  sweep: ParsedSweep[];
  each: TreeNode | null;
  expect: ParsedExpectation[];
  retry: RetryBudget;
  timeoutMs: number | null;
}

/** How often a step's job may be asked for again after the stage gave it up, by class of failure. Permanent failures never are. */
export interface RetryBudget {
  transient: number;
  preempted: number;
}

export interface ParsedBinding {
  name: string;
  place: Place;
  /** `one` artifact, a `list` of references, or `all` items of a sweep */
  form: 'one' | 'list' | 'all';
  references: PlacedReference[];
}

export interface PlacedReference {
  reference: Reference;
  place: Place;
}

export interface ParsedSweep {
  parameter: string;
  place: Place;
  values: TreeList | PlacedReference;
}

export interface ParsedExpectation {
  place: Place;
  metric: string;
  operator: Operator;
  value: number;
}

export type Operator = '>=' | '<=' | '>' | '<' | '==' | '!=';

export interface ParsedChooseStep extends ParsedStepBase {
  kind: 'choose';
  from: PlacedReference;
  by: PlacedReference;
  direction: 'max' | 'min';
}

export interface ParsedAwaitStep extends ParsedStepBase {
  kind: 'await';
  artifactKind: string;
  derivedFrom: PlacedReference;
  timeoutMs: number;
}
