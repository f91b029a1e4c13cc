import type { ToolRun } from '@sedge/ports';
import type { BuiltinTool, ToolLine } from '@sedge/tool-contracts';
import { describe, expect, it } from 'vitest';
import { BuiltinRunner } from './builtin.runner.js';

/** Runs a built-in tool that ends with an error. */
async function failWith(error: Error): Promise<{ lines: ToolLine[]; outcome: unknown }> {
  const definition = { name: 'sample' } as BuiltinTool['definition'];
  const tool: BuiltinTool = { definition, run: () => Promise.reject(error) };
  const runner = new BuiltinRunner([{ tool, file: 'sample.tool.ts', codeDigest: 'sha256:0' } as never], {} as never);
  const lines: ToolLine[] = [];
  const { signal } = new AbortController();
  const run = { tool: { definition }, job: {}, signal, onLine: (line: ToolLine) => lines.push(line) };
  return { outcome: await runner.run(run as unknown as ToolRun), lines };
}

describe('a built-in tool that fails', () => {
  it('by a fault of its own leaves the place of it in the log', async () => {
    const { lines, outcome } = await failWith(new TypeError('x is undefined'));
    expect(outcome).toMatchObject({ class: 'permanent', code: 'TOOL_FAILED', message: 'x is undefined' });
    expect(lines).toEqual([expect.objectContaining({ message: expect.stringMatching(/^ {4}at /m) as unknown })]);
  });

  it('for want of something that may come back says what, and no place in the program', async () => {
    const { lines, outcome } = await failWith(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }));
    expect(outcome).toMatchObject({ class: 'transient', code: 'MACHINE_ETIMEDOUT', message: 'no answer' });
    expect(lines).toEqual([]);
  });
});
