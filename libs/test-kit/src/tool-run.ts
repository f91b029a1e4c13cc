import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOfJson, findKind, validateContent, validateFiles, validateMetadata } from '@sedge/artifact-contracts';
import { METADATA_FILE, type BuiltinTool, type InputBorder, type JobInput, type ToolLine } from '@sedge/tool-contracts';

export interface ToolRunRequest {
  /** an empty folder of the test's own */
  folder: string;
  inputs: Record<string, Pick<JobInput, 'path' | 'kind' | 'metadata'>>;
  /** what is left out takes its default */
  parameters?: Record<string, unknown>;
  signal?: AbortSignal;
  /** from where inputs may come; default: everywhere */
  border?: InputBorder;
}

export interface ToolRunResult {
  outputs: Record<string, Pick<JobInput, 'path' | 'kind' | 'metadata'> & { files: string[] }>;
  lines: ToolLine[];
}

/**
 * Runs a built-in tool as a stage does, without the stage: job folders, defaults, and outputs judged by their kinds.
 * @throws what the tool throws; Error where an output is not what its kind says
 */
export async function runBuiltinTool(tool: BuiltinTool, request: ToolRunRequest): Promise<ToolRunResult> {
  const { definition } = tool;
  const id = digestOfJson({ definition });
  const outputs = Object.fromEntries(
    Object.entries(definition.outputs).map(([name, { kind }]) => [
      name,
      { path: join(request.folder, 'out', name), kind },
    ]),
  );
  const scratch = join(request.folder, 'scratch');
  for (const path of [scratch, ...Object.values(outputs).map((output) => output.path)])
    await mkdir(path, { recursive: true });
  const inputs = Object.fromEntries(Object.entries(request.inputs).map(([name, input]) => [name, { id, ...input }]));
  const lines: ToolLine[] = [];
  await tool.run({
    job: {
      job: id,
      attempt: 1,
      inputs,
      outputs,
      parameters: { ...defaultsOf(tool), ...request.parameters },
      scratch,
      threads: Math.ceil(definition.resources.cpu),
    },
    border: request.border ?? { folders: null, closed: [], hosts: null },
    signal: request.signal ?? new AbortController().signal,
    progress: (done, total, unit, metrics) =>
      lines.push({ type: 'progress', done, total, unit, ...(metrics && { metrics }) }),
    log: (level, message) => lines.push({ type: 'log', level, message }),
  });
  const judged: ToolRunResult['outputs'] = {};
  for (const [name, { path, kind }] of Object.entries(outputs)) judged[name] = await judge(name, path, kind);
  return { outputs: judged, lines };
}

function defaultsOf({ definition }: BuiltinTool): Record<string, unknown> {
  const properties = Object.entries(definition.parameters.properties);
  return Object.fromEntries(
    properties.filter(([, schema]) => 'default' in schema).map(([name, schema]) => [name, schema['default']]),
  );
}

async function judge(name: string, path: string, kind: string): Promise<ToolRunResult['outputs'][string]> {
  const metadata = JSON.parse(await readFile(join(path, METADATA_FILE), 'utf8')) as Record<string, unknown>;
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .filter((file) => file !== METADATA_FILE)
    .sort();
  const mistakes = [...validateMetadata(kind, metadata), ...validateFiles(kind, files)];
  for (const file of files.filter((each) => findKind(kind)?.contents?.[each])) {
    mistakes.push(...validateContent(kind, file, JSON.parse(await readFile(join(path, file), 'utf8'))));
  }
  if (mistakes.length > 0) throw new Error(`output '${name}': ${JSON.stringify(mistakes)}`);
  return { path, kind, metadata, files };
}
