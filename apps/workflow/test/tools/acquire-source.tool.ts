import { createHash } from 'node:crypto';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ToolError, type BuiltinTool } from '@sedge/tool-contracts';

/** Brings a local file in, as the ingestion stage's tool does. */
export const tool: BuiltinTool = {
  definition: {
    name: 'acquire-source',
    version: '1',
    stage: 'samples',
    summary: 'Brings a local file in.',
    inputs: {},
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
    resources: { cpu: 1, memoryMb: 16 },
    reproducibility: { level: 'none' },
    runtime: { kind: 'builtin', entry: 'acquire-source' },
  },
  async run({ job }) {
    const from = String(job.parameters['from']);
    const bytes = await readFile(from).catch(() => {
      throw new ToolError('SOURCE_MISSING', `there is no file ${from}`);
    });
    const digest = createHash('sha256').update(bytes).digest('hex');
    const wanted = job.parameters['sha256'];
    if (wanted !== null && wanted !== digest)
      throw new ToolError('SOURCE_CHECKSUM', `${from} has the checksum ${digest}`);
    const { path } = job.outputs['source']!;
    await copyFile(from, join(path, 'source'));
    const metadata = { name: basename(from), format: 'file', sizeBytes: bytes.length };
    await writeFile(join(path, 'metadata.json'), JSON.stringify(metadata));
  },
};
