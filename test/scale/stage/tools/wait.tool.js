import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, and leaves nothing: what is measured is everything around a job. */
export const tool = {
  definition: {
    name: 'wait',
    version: '1',
    stage: 'scale',
    summary: 'Waits.',
    inputs: {},
    outputs: { note: { kind: 'note', optional: true } },
    parameters: {
      type: 'object',
      properties: { waitMs: { type: 'integer', default: 0 }, number: { type: 'integer', default: 0 } },
      additionalProperties: false,
    },
    resources: { cpu: 1, memoryMb: 1 },
    reproducibility: { level: 'bitwise' },
    runtime: { kind: 'builtin', entry: 'wait' },
  },
  async run({ job, signal }) {
    if (job.parameters.waitMs > 0) await sleep(job.parameters.waitMs, undefined, { signal });
  },
};
