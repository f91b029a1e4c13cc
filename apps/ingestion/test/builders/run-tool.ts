import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOfJson, findKind, validateFiles, validateMetadata } from '@sedge/artifact-contracts';
import type { BuiltinTool, JobInput } from '@sedge/tool-contracts';
import { readdir } from 'node:fs/promises';

export interface ToolRun {
  /** the output as another tool is given it */
  output: JobInput;
  logs: string[];
  /** the last that was reported */
  progress: { done: number; total: number; unit: string } | null;
}

export interface RunOptions {
  inputs?: Record<string, JobInput>;
  parameters?: Record<string, unknown>;
  signal?: AbortSignal;
  /** of an earlier attempt at the same job */
  scratch?: string;
  threads?: number;
}

/** Runs a built-in tool as its stage does: defaults filled in, folders of its own, and its output checked against the kind. */
export async function runTool(tool: BuiltinTool, folder: string, options: RunOptions = {}): Promise<ToolRun> {
  const { inputs = {}, parameters = {}, signal = new AbortController().signal, threads = 2 } = options;
  const [[name, port]] = Object.entries(tool.definition.outputs) as [[string, { kind: string }]];
  const place = await mkdtemp(join(folder, 'job-'));
  const path = join(place, name);
  const scratch = options.scratch ?? join(place, 'scratch');
  await mkdir(path);
  await mkdir(scratch, { recursive: true });
  const run: ToolRun = {
    output: { path, id: digestOfJson(path), kind: port.kind, metadata: {} },
    logs: [],
    progress: null,
  };
  await tool.run({
    job: {
      job: digestOfJson(place),
      attempt: 1,
      inputs,
      outputs: { [name]: { path, kind: port.kind } },
      parameters: { ...defaultsOf(tool), ...parameters },
      scratch,
      threads,
    },
    signal,
    progress: (done, total, unit) => (run.progress = { done, total, unit }),
    log: (level, message) => run.logs.push(`${level} ${message}`),
  });
  run.output.metadata = JSON.parse(await readFile(join(path, 'metadata.json'), 'utf8')) as Record<string, unknown>;
  await assertKind(run.output);
  return run;
}

export const temporaryFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'sedge-ingestion-'));

function defaultsOf(tool: BuiltinTool): Record<string, unknown> {
  const properties = Object.entries(tool.definition.parameters.properties);
  return Object.fromEntries(
    properties.filter(([, schema]) => 'default' in schema).map(([name, schema]) => [name, schema['default']]),
  );
}

async function assertKind({ path, kind, metadata }: JobInput): Promise<void> {
  const files = (await readdir(path, { recursive: true })).filter((name) => name !== 'metadata.json');
  const mistakes = [...validateMetadata(kind, metadata), ...validateFiles(kind, files)];
  if (!findKind(kind) || mistakes.length > 0) throw new Error(`${kind}: ${JSON.stringify(mistakes)}`);
}
