import type { BuiltinTool } from '@sedge/tool-contracts';
import { extractFeatures, mfccParametersOf } from './features/extract-features.js';

/** Makes mel-frequency cepstral coefficients of a data set, with the code that a generated program runs. */
export const tool: BuiltinTool = {
  definition: {
    name: 'extract-mfcc',
    version: '1',
    stage: 'ingestion',
    summary: 'Makes mel-frequency cepstral coefficients of recordings, with the code that a generated program runs.',
    inputs: { dataset: { kind: 'dataset.audio' } },
    outputs: { features: { kind: 'features' } },
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: {
        sampleRateHz: {
          type: 'integer',
          minimum: 1000,
          maximum: 192_000,
          default: 16_000,
          description: 'rate of the recordings, which must be that of the data set',
        },
        frameMs: { type: 'number', exclusiveMinimum: 0, default: 128, description: 'a power of two in samples' },
        strideMs: { type: 'number', exclusiveMinimum: 0, default: 32, description: 'from one frame to the next' },
        bands: { type: 'integer', minimum: 1, maximum: 1024, default: 40, description: 'coefficients, at most mels' },
        mels: { type: 'integer', minimum: 1, maximum: 1024, default: 40, description: 'triangular filters' },
        padMode: {
          type: 'string',
          enum: ['constant', 'reflect'],
          default: 'constant',
          description: 'what stands before and after a clip: zeros, or its mirror image',
        },
        topDb: {
          type: ['number', 'null'],
          minimum: 0,
          default: 80,
          description: "values this far below the clip's loudest are lifted; null for streams, which know no loudest",
        },
        htk: { type: 'boolean', default: false, description: "HTK's mel scale in place of Slaney's" },
        norm: { type: 'string', enum: ['ortho'], default: 'ortho', description: 'scaling of the cosine transform' },
      },
    },
    resources: { cpu: 2, memoryMb: 512, diskMb: 1000 },
    reproducibility: { level: 'bitwise' },
    runtime: { kind: 'builtin', entry: 'extract-mfcc' },
  },
  async run(context) {
    await extractFeatures(context, mfccParametersOf(context.job.parameters));
  },
};
