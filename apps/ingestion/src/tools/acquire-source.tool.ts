import type { BuiltinTool } from '@sedge/tool-contracts';
import { acquireSource, type AcquireParameters } from './acquire/acquire-source.js';

/** Brings a file or folder in from where it lies, byte for byte. */
export const tool: BuiltinTool = {
  definition: {
    name: 'acquire-source',
    version: '1',
    stage: 'ingestion',
    summary:
      'Brings a file or folder in from a path, an address or S3, byte for byte; a folder as a tar with fixed order and times.',
    inputs: {},
    outputs: { source: { kind: 'source' } },
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: {
        from: {
          type: 'string',
          minLength: 1,
          description: 'an absolute path, or an address with file://, http://, https:// or s3://',
        },
        sha256: {
          type: ['string', 'null'],
          pattern: '^(sha256:)?[0-9a-fA-F]{64}$',
          default: null,
          description: 'checksum that the content must have; of a folder, that of its tar',
        },
        nonce: {
          type: 'string',
          default: '',
          description: 'makes a job of its own, so that the content is looked at again',
        },
        maxBytes: {
          type: 'integer',
          minimum: 1,
          default: 100_000_000_000,
          description: 'larger content is refused',
        },
      },
      required: ['from'],
    },
    resources: { cpu: 0, memoryMb: 128 },
    reproducibility: { level: 'none' },
    runtime: { kind: 'builtin', entry: 'acquire-source' },
    graceMs: 5000,
  },
  async run(context) {
    await acquireSource(context, context.job.parameters as unknown as AcquireParameters);
  },
};
