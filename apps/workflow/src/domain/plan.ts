import { isAddress } from './assignments.js';
import type { CompiledStep } from './compiled-workflow.js';
import { expectedDurationMs } from './estimate.js';
import { Expectations, type Estimates, type Expected } from './expectations.js';
import type { ItemGraph } from './item-graph.js';
import type { ParameterChecker } from './parameter-checker.js';
import { itemName, type RunItem } from './run-item.js';

/** What will become of an item, as far as it is known before anything runs. */
export type PlannedState =
  /** its result is there and verified */
  | 'reuse'
  | 'run'
  /** depends on what has yet to run: may turn out to be reused */
  | 'unknown'
  /** waits for an artifact of somebody else */
  | 'await'
  /** will fail or be skipped, e.g. because a reused report misses an expectation */
  | 'fail';

export interface PlanItem {
  name: string;
  label: string;
  state: PlannedState;
  job: string | null;
  /** why an earlier result is not used, what was chosen, or why it will fail */
  note: string | null;
  expectedMs: number | null;
  expectedBytes: number | null;
  /** whether the tool ran here with other parameters only, so that little is known of how long it takes with these */
  isFromOthers: boolean;
}

export interface PlanStep {
  step: string;
  kind: CompiledStep['kind'];
  tool: string | null;
  /** steps that it reads */
  reads: string[];
  items: PlanItem[];
}

export interface Plan {
  workflow: string;
  steps: PlanStep[];
  counts: Record<PlannedState, number>;
  /** `least`: only what is known to run; `most`: what is unknown runs too */
  expected: { leastMs: number; mostMs: number; leastBytes: number; mostBytes: number };
  /** tools that never ran here, so that nothing is expected of them */
  withoutHistory: string[];
  /** what the user should know, e.g. of inputs that may change by themselves */
  notes: string[];
}

const STATES: Partial<Record<RunItem['state'], PlannedState>> = {
  succeeded: 'reuse',
  queued: 'run',
  awaiting: 'await',
  failed: 'fail',
  skipped: 'fail',
};

/** Makes a plan of items that were taken as far as they go without a job being run. */
export function planOf(
  graph: ItemGraph,
  items: readonly RunItem[],
  estimates: Estimates,
  checker: ParameterChecker,
): Plan {
  const expectations = new Expectations(graph, checker, estimates);
  const steps = graph.workflow.steps.map((step): PlanStep => {
    const tool = 'tool' in step ? step.tool.definition : null;
    const reads = new Set(graph.dependenciesOf(step.firstItem).map((item) => graph.stepOf(item).name));
    return {
      step: step.name,
      kind: step.kind,
      tool: tool && `${tool.name}@${tool.version}`,
      reads: [...reads],
      items: graph
        .itemsOf(step.index)
        .map((number) => planItem(items[number]!, expectations.of(number, items[number]!))),
    };
  });
  const counts: Plan['counts'] = { reuse: 0, run: 0, unknown: 0, await: 0, fail: 0 };
  for (const item of steps.flatMap((step) => step.items)) counts[item.state]++;
  const needed = steps.filter((step) => step.items.some(({ state }) => state === 'run' || state === 'unknown'));
  const without = needed
    .filter((step) => step.items[0]!.expectedMs === null && step.tool !== null)
    .map((step) => step.tool!);
  return {
    workflow: graph.workflow.name,
    steps,
    counts,
    expected: totals(graph, steps, estimates.atOnce),
    withoutHistory: [...new Set(without)],
    notes: notesOf(graph),
  };
}

function planItem(item: RunItem, expected: Expected): PlanItem {
  const state = STATES[item.state] ?? 'unknown';
  return {
    name: itemName(item.step, item.label),
    label: item.label,
    state,
    job: item.job?.id ?? null,
    note: item.failure?.message ?? item.note,
    ...expected,
  };
}

function totals(graph: ItemGraph, steps: readonly PlanStep[], atOnce: number): Plan['expected'] {
  const all = steps.flatMap((step) => step.items);
  const sum = (states: readonly PlannedState[]) => ({
    ms: expectedDurationMs(
      all.map((item, number) => ({
        durationMs: states.includes(item.state) ? (item.expectedMs ?? 0) : 0,
        dependencies: graph.dependenciesOf(number),
      })),
      atOnce,
    ),
    bytes: all.reduce((total, item) => total + (states.includes(item.state) ? (item.expectedBytes ?? 0) : 0), 0),
  });
  const [least, most] = [sum(['run']), sum(['run', 'unknown'])];
  return { leastMs: least.ms, mostMs: most.ms, leastBytes: least.bytes, mostBytes: most.bytes };
}

/** An address without a checksum can give other data at any time. */
function notesOf(graph: ItemGraph): string[] {
  return graph.workflow.steps.flatMap((step) => {
    if (step.kind !== 'input' || step.sha256 !== null || !isAddress(step.from)) return [];
    return [`${step.name}: ${step.from} has no sha256, so it is asked for changes at each run; add sha256 to pin it`];
  });
}
