import { existsSync } from 'node:fs';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ToolError, type BuiltinTool, type JobFile } from '@sedge/tool-contracts';

/** Where the tests count how often jobs really ran; a process-wide place, since tools know only their job. */
const LOG = process.env['SAMPLE_TOOLS_LOG'] ?? '';

interface Parameters {
  value: number;
  note: string;
  pauseMs: number;
  waitFor: string;
  failUnless: string;
}

/** A trivial step whose report holds its own value plus those that it reads; it can be slow, and fail. */
export const tool: BuiltinTool = {
  definition: {
    name: 'measure',
    version: '1',
    stage: 'samples',
    summary: 'Adds a value to those that it reads, and reports the sum.',
    inputs: {
      source: { kind: 'source', optional: true },
      of: { kind: 'report.sample', optional: true },
      and: { kind: 'report.sample', optional: true },
      all: { kind: 'report.sample', many: true, optional: true },
    },
    outputs: { report: { kind: 'report.sample', metrics: ['value', 'cost'] } },
    parameters: {
      type: 'object',
      properties: {
        value: { type: 'number', default: 1 },
        note: { type: 'string', default: '' },
        pauseMs: { type: 'integer', default: 0 },
        waitFor: { type: 'string', default: '', description: 'a file whose appearance ends the pause' },
        failUnless: { type: 'string', default: '', description: 'a file that must be there' },
      },
    },
    resources: { cpu: 1, memoryMb: 16 },
    reproducibility: { level: 'bitwise' },
    runtime: { kind: 'builtin', entry: 'measure' },
    graceMs: 500,
  },
  async run({ job, signal, progress, log }) {
    const { value, note, pauseMs, waitFor, failUnless } = job.parameters as unknown as Parameters;
    if (LOG !== '') await appendFile(LOG, `${job.job}\n`);
    log('info', `measuring ${note}`);
    progress(1, 2, 'parts', { value: Number(value) });
    if (pauseMs > 0) await pause(pauseMs, undefined, { signal });
    while (waitFor !== '' && !existsSync(waitFor)) await pause(20, undefined, { signal });
    if (failUnless !== '' && !existsSync(failUnless)) throw new ToolError('SAMPLE_FAILED', `there is no ${failUnless}`);
    const read = inputsOf(job).reduce(
      (sum, metadata) => sum + Number((metadata['metrics'] as { value: number } | undefined)?.value ?? 0),
      0,
    );
    const metrics = { value: Number(value) + read, cost: 10 - Number(value) };
    const { path } = job.outputs['report']!;
    await writeFile(join(path, 'report.json'), JSON.stringify(metrics));
    await writeFile(join(path, 'metadata.json'), JSON.stringify({ metrics }));
  },
};

function inputsOf(job: JobFile): Record<string, unknown>[] {
  return Object.values(job.inputs)
    .flatMap((input) => (Array.isArray(input) ? input : [input]))
    .map((input) => input.metadata);
}
