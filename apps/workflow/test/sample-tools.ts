import { digestOfJson } from '@sedge/artifact-contracts';
import type { RegisteredTool, ToolDefinition } from '@sedge/tool-contracts';
import { ParameterChecker } from '../src/domain/parameter-checker.js';
import { ToolCatalogue } from '../src/domain/tool-catalogue.js';
import { compileWorkflow, type Compilation } from '../src/domain/workflow-compiler.js';

const number = (more: object = {}): Record<string, unknown> => ({ type: 'number', ...more });

/** Definitions that look like the real ones, for tests of the grammar. */
export function sampleDefinition(name: string, more: Partial<ToolDefinition>): ToolDefinition {
  return {
    name,
    version: '1.0',
    stage: 'samples',
    summary: `${name} of the tests`,
    inputs: {},
    outputs: {},
    parameters: { type: 'object', properties: {} },
    resources: { cpu: 1, memoryMb: 64 },
    reproducibility: { level: 'bitwise' },
    runtime: { kind: 'builtin', entry: name },
    ...more,
  };
}

export const SAMPLE_DEFINITIONS: ToolDefinition[] = [
  sampleDefinition('acquire-source', {
    outputs: { source: { kind: 'source' } },
    parameters: {
      type: 'object',
      properties: {
        from: { type: 'string' },
        sha256: { type: ['string', 'null'], default: null },
        nonce: { type: 'string', default: '' },
      },
      required: ['from'],
    },
    reproducibility: { level: 'none' },
  }),
  sampleDefinition('ingest-speech-commands', {
    inputs: { source: { kind: 'source' } },
    outputs: { dataset: { kind: 'dataset.audio' } },
    parameters: {
      type: 'object',
      properties: {
        words: { type: 'array', items: { type: 'string' }, minItems: 1, uniqueItems: true },
        strict: { type: 'boolean', default: false },
      },
      required: ['words'],
    },
  }),
  sampleDefinition('extract-mfcc', {
    inputs: { dataset: { kind: 'dataset.audio' } },
    outputs: { features: { kind: 'features' } },
    parameters: {
      type: 'object',
      properties: {
        sampleRateHz: { type: 'integer', minimum: 8000, default: 16000 },
        frameMs: number({ default: 128 }),
        strideMs: number({ default: 32 }),
        bands: { type: 'integer', minimum: 1, default: 40 },
        padMode: { enum: ['constant', 'reflect'], default: 'constant' },
        topDb: { anyOf: [{ type: 'null' }, number({ minimum: 0 })], default: null },
      },
    },
  }),
  sampleDefinition('train-pytorch', {
    inputs: { features: { kind: 'features' }, architecture: { kind: 'architecture', optional: true } },
    outputs: { model: { kind: 'model' }, report: { kind: 'report.training' } },
    parameters: {
      type: 'object',
      properties: {
        architecture: { type: 'string', default: 'kws1' },
        iterations: { type: 'integer', minimum: 1, default: 1000 },
        seed: { type: 'integer', default: 0 },
        rate: number({ default: 0.005, exclusiveMinimum: 0 }),
        augmentation: {
          type: 'object',
          properties: { noise: number({ default: 0 }) },
          additionalProperties: false,
          default: {},
        },
      },
    },
    reproducibility: { level: 'machine', names: ['threads'] },
  }),
  sampleDefinition('benchmark-accuracy', {
    inputs: { model: { kind: 'model' }, features: { kind: 'features' } },
    outputs: { report: { kind: 'report.accuracy', metrics: ['top1', 'top5', 'recall.*'] } },
    parameters: { type: 'object', properties: { threshold: number({ default: 0, maximum: 1 }) } },
  }),
  sampleDefinition('deploy-lne', {
    inputs: { model: { kind: 'model' }, calibration: { kind: 'features', optional: true } },
    outputs: { application: { kind: 'application' } },
    parameters: { type: 'object', properties: { target: { type: 'string', default: 'native' } } },
  }),
  sampleDefinition('compare-models', {
    inputs: { models: { kind: 'model', many: true } },
    outputs: { report: { kind: 'report.comparison' } },
  }),
  sampleDefinition('deploy-lne', {
    version: '0.9',
    inputs: { model: { kind: 'model' } },
    outputs: { application: { kind: 'application' } },
  }),
];

export function registered(definition: ToolDefinition): RegisteredTool {
  const names = definition.reproducibility.level === 'machine' ? definition.reproducibility.names : [];
  return {
    definition,
    digest: digestOfJson(definition),
    machine: Object.fromEntries(names.map((name) => [name, '1'])),
  };
}

export const SAMPLE_TOOLS = SAMPLE_DEFINITIONS.map(registered);

/** Checks a workflow against the sample tools. */
export function compileSample(text: string, set: Record<string, unknown> = {}, maxSteps = 20_000): Compilation {
  const tools = new ToolCatalogue(SAMPLE_TOOLS);
  const settings = { tools, parameters: new ParameterChecker(), maxCharacters: 2_000_000, maxSteps };
  return compileWorkflow(
    { text, file: 'workflow.yml', set, base: { file: '/data/project', set: '/home/user' } },
    settings,
  );
}

/** The workflow of the introduction, whole. */
export const KEYWORD_SPOTTING = `name: keyword-spotting
inputs:
  source: { from: ./speech-commands.tar.gz }
parameters:
  words: [yes, no, up, down, left, right, on, off, stop, go]
steps:
  speech:
    tool: ingest-speech-commands
    in: { source: $inputs.source }
    with: { words: $parameters.words }
  features:
    tool: extract-mfcc
    in: { dataset: $speech.dataset }
    with: { sampleRateHz: 16000, frameMs: 128, strideMs: 32, bands: 40 }
  model:
    tool: train-pytorch
    in: { features: $features.features }
    with: { architecture: kws1, iterations: 3000 }
    sweep: { seed: [1, 2, 3] }
  accuracy:
    tool: benchmark-accuracy
    in: { model: $model.model, features: $features.features }
    expect: [top1 >= 0.85]
  best:
    choose: { from: $model.model, by: $accuracy.report.top1, max: true }
  application:
    tool: deploy-lne
    in: { model: $best, calibration: $features.features }
    with: { target: native }
`;
