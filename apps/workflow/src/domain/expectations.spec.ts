import { describe, expect, it } from 'vitest';
import { compileSample } from '../../test/sample-tools.js';
import { Expectations, type PastJob } from './expectations.js';
import { ItemGraph } from './item-graph.js';
import { ParameterChecker } from './parameter-checker.js';
import type { RunItem } from './run-item.js';

const TEXT = `name: w
inputs: { data: { from: /x } }
parameters: { iterations: 2000 }
steps:
  speech: { tool: ingest-speech-commands, in: { source: $inputs.data }, with: { words: [a] } }
  features: { tool: extract-mfcc, in: { dataset: $speech.dataset } }
  model: { tool: train-pytorch, in: { features: $features.features }, with: { iterations: $parameters.iterations } }
  tuned: { tool: train-pytorch, in: { features: $features.features }, with: { rate: $model.report.loss } }
`;
const UNDECIDED = { job: null } as RunItem;

/** What is expected of a step, its tools having run as `history` says. */
function expectationOf(step: string, history: Record<string, PastJob[]>, set: Record<string, unknown> = {}): unknown {
  const result = compileSample(TEXT, set);
  if ('mistakes' in result) throw new Error(JSON.stringify(result.mistakes));
  const graph = new ItemGraph(result.workflow);
  const { firstItem } = result.workflow.steps.find(({ name }) => name === step)!;
  const estimates = { history: new Map(Object.entries(history)), atOnce: 1 };
  return new Expectations(graph, new ParameterChecker(), estimates).of(firstItem, UNDECIDED);
}

function trained(iterations: number, durationMs: number): PastJob {
  const checked = new ParameterChecker().complete(trainTool(), { iterations });
  if ('problems' in checked) throw new Error(checked.problems[0]!.message);
  return { durationMs, sizeBytes: 10, parameters: checked.parameters };
}

function trainTool() {
  const result = compileSample(TEXT, {});
  const step = 'workflow' in result ? result.workflow.steps.find(({ name }) => name === 'model') : undefined;
  if (step?.kind !== 'tool') throw new Error('the sample has no training');
  return step.tool;
}

describe('what is expected of an item', () => {
  const past = { 'train-pytorch': [trained(2000, 100), trained(2000, 300), trained(2000, 200), trained(10, 1)] };

  it('is what past jobs with the same parameters took', () => {
    expect(expectationOf('model', past)).toEqual({ expectedMs: 200, expectedBytes: 10, isFromOthers: false });
  });

  it('is marked where there are only jobs with other parameters, or not all parameters are known', () => {
    expect(expectationOf('model', past, { iterations: '4000' })).toMatchObject({ expectedMs: 150, isFromOthers: true });
    expect(expectationOf('tuned', past)).toMatchObject({ isFromOthers: true });
    const forgotten = { 'train-pytorch': [{ durationMs: 5, sizeBytes: 1, parameters: null }] };
    expect(expectationOf('model', forgotten)).toMatchObject({ expectedMs: 5, isFromOthers: true });
  });

  it('does not depend on the address that an input comes from', () => {
    const history = { 'acquire-source': [{ durationMs: 7, sizeBytes: 1, parameters: { from: '/other', nonce: 'r' } }] };
    expect(expectationOf('inputs.data', history)).toMatchObject({ expectedMs: 7, isFromOthers: false });
  });

  it('is nothing where the tool never ran', () => {
    expect(expectationOf('speech', past)).toEqual({ expectedMs: null, expectedBytes: null, isFromOthers: false });
  });
});
