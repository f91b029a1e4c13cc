import type { BuiltinTool } from '@sedge/tool-contracts';
import { partitionDataset } from './partition/partition-dataset.js';
import { partitionParametersOf } from './partition/partition-parameters.js';
import { SPLIT_PROPERTIES } from './ingest/ingest-parameters.js';

const extraClass = (name: string, what: string): Record<string, unknown> => ({
  type: 'object',
  additionalProperties: false,
  properties: {
    fraction: { type: 'number', minimum: 0, maximum: 0.45, default: 0, description: 'share of each split; 0 for none' },
    name: { type: 'string', minLength: 1, default: name, description: 'what the class is called' },
  },
  default: {},
  description: what,
});

/** Chooses the classes of a task from a data set, and puts its recordings into splits. */
export const tool: BuiltinTool = {
  definition: {
    name: 'partition-audio',
    version: '1',
    stage: 'ingestion',
    summary:
      'Chooses the classes of a task, other words as unknown and noise as silence, in splits that share no speaker.',
    inputs: { dataset: { kind: 'dataset.audio' } },
    outputs: { dataset: { kind: 'dataset.audio' } },
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: {
        words: {
          type: 'array',
          items: { type: 'string', minLength: 1 },
          uniqueItems: true,
          default: [],
          description: 'classes to keep, in the order of their labels; none for all',
        },
        unknown: extraClass('unknown', 'a class of recordings of other words'),
        silence: extraClass(
          'silence',
          'a class of stretches of background noise, cut so that no sample is in two splits',
        ),
        silenceGainDb: {
          type: 'array',
          items: { type: 'number', minimum: -90, maximum: 0 },
          minItems: 2,
          maxItems: 2,
          default: [-50, 0],
          description: 'range of the gain that clips of silence are taken at',
        },
        ...SPLIT_PROPERTIES,
      },
    },
    resources: { cpu: 1, memoryMb: 1024, diskMb: 4000 },
    reproducibility: { level: 'bitwise' },
    runtime: { kind: 'builtin', entry: 'partition-audio' },
  },
  async run(context) {
    await partitionDataset(context, partitionParametersOf(context.job.parameters));
  },
};
