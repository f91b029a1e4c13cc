import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { runBuiltinTool } from '@sedge/test-kit';
import type { BuiltinTool, InputBorder, JobInput } from '@sedge/tool-contracts';

export type Artifact = Pick<JobInput, 'path' | 'kind' | 'metadata'>;

export interface JobResult extends Artifact {
  logs: string[];
}

/** Runs a tool that has one output, in a new folder below the given one. */
export async function runJob(
  tool: BuiltinTool,
  folder: string,
  inputs: Record<string, Artifact>,
  parameters: Record<string, unknown> = {},
  border?: InputBorder,
): Promise<JobResult> {
  const { outputs, lines } = await runBuiltinTool(tool, {
    folder: await mkdtemp(join(folder, 'job-')),
    inputs,
    parameters,
    ...(border && { border }),
  });
  const [output] = Object.values(outputs);
  const logs = lines.flatMap((line) => (line.type === 'log' ? [line.message] : []));
  return { ...output!, logs };
}
