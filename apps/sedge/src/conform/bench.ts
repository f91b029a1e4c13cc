import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import type { Type } from '@nestjs/common';
import { readSettings, type RunningProcess } from '@sedge/composition';
import { ARTIFACT_STORE, EVENT_BUS, type ArtifactStore, type EventBus } from '@sedge/ports';
import {
  HOST,
  StageDirectory,
  StageModule,
  offeredTools,
  parseToolFile,
  type FoundTool,
  type Host,
  type StageTool,
} from '@sedge/service-kit';
import { suggestName, type ToolDefinition } from '@sedge/tool-contracts';
import { WorkflowModule } from '@sedge/workflow';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { startServices } from '../server/start-services.js';

/** What was named as TOOL: one of those that are known by name, or the folder of one. */
export type NamedTool = { name: string } | { folder: string; definition: ToolDefinition };

/**
 * Reads what was named as TOOL.
 * @param text a name, a folder with a `tool.yaml`, or the path of that file
 * @throws CommandError with every mistake in the file
 */
export async function readToolArgument(text: string): Promise<NamedTool> {
  const isPath = /[/\\]/.test(text) || text === '.' || basename(text) === TOOL_FILE;
  if (!isPath && !existsSync(join(text, TOOL_FILE))) return (await toolInFolders(text)) ?? { name: text };
  const folder = resolve((await isFile(text)) ? dirname(text) : text);
  const file = join(folder, TOOL_FILE);
  if (!existsSync(file)) {
    const mend = 'name a tool (npx sedge tools list), or a folder with its tool.yaml';
    throw new CommandError('CONFORM_TOOL_UNKNOWN', `there is no ${file}`, EXIT.notFound, mend);
  }
  const reading = parseToolFile(await readFile(file, 'utf8'), file);
  if (reading.ok) return { folder, definition: reading.definition };
  const lines = reading.mistakes.map(
    ({ line, column, message, mend }) => `${file}:${line}:${column} ${message}; ${mend}`,
  );
  throw new CommandError('CONFORM_TOOL_FILE_INVALID', lines.join('\n'), EXIT.usage, 'correct the file');
}

const TOOL_FILE = 'tool.yaml';
const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => null))?.isFile() ?? false;

/** The tool of a name in the folders of tools: the one that a stage would offer. */
async function toolInFolders(name: string): Promise<NamedTool | null> {
  const found: FoundTool[] = [];
  for (const root of readSettings(process.env).toolDirectories) {
    for (const file of await toolFilesIn(root)) {
      const reading = parseToolFile(await readFile(file, 'utf8'), file);
      if (reading.ok && reading.definition.name === name)
        found.push({ folder: dirname(file), definition: reading.definition, place: file });
    }
  }
  const [tool] = offeredTools(found).offered;
  return tool ? { folder: tool.folder!, definition: tool.definition } : null;
}

/** ROOT/STAGE/TOOL/tool.yaml */
async function toolFilesIn(root: string): Promise<string[]> {
  const files: string[] = [];
  for (const stage of await readdir(root).catch(() => [])) {
    for (const tool of await readdir(join(root, stage)).catch(() => [])) {
      const file = join(root, stage, tool, TOOL_FILE);
      if (existsSync(file)) files.push(file);
    }
  }
  return files;
}

export interface BenchOptions {
  tool: NamedTool;
  /** Python environments that were made before are used again */
  environmentsDirectory: string;
  isVerbose: boolean;
  /** settings of the process, e.g. of its broker */
  environment?: Record<string, string>;
}

/** Sedge as it is, in this process, on a temporary data directory: a tool is tried where nothing of the user's can be harmed. */
export class Bench {
  private constructor(
    readonly folder: string,
    private readonly sedge: RunningProcess,
    readonly tool: StageTool,
  ) {}

  static async open({ tool, environmentsDirectory, isVerbose, environment = {} }: BenchOptions): Promise<Bench> {
    const folder = await mkdtemp(join(tmpdir(), 'sedge-conform-'));
    let sedge: RunningProcess | undefined;
    try {
      sedge = await startServices(await servicesFor(tool), {
        dataDirectory: join(folder, 'data'),
        // What is named by its folder is tried, also where stages would refuse it for the sake of another of its name.
        ...('folder' in tool && { toolDirectories: await linkTool(join(folder, 'tools'), tool) }),
        isVerbose,
        listen: { host: '127.0.0.1', port: 0 },
        environment: {
          SEDGE_STATE: 'pglite',
          SEDGE_ARTIFACTS: 'directory',
          SEDGE_EVENTS: 'memory',
          SEDGE_ENVIRONMENTS_DIR: process.env['SEDGE_ENVIRONMENTS_DIR'] ?? environmentsDirectory,
          ...environment,
        },
      });
      const name = 'folder' in tool ? tool.definition.name : tool.name;
      return new Bench(folder, sedge, findTool(sedge, name));
    } catch (error) {
      await sedge?.close();
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  get store(): ArtifactStore {
    return this.sedge.app.get<ArtifactStore>(ARTIFACT_STORE, { strict: false });
  }

  get bus(): EventBus {
    return this.sedge.app.get<EventBus>(EVENT_BUS, { strict: false });
  }

  get host(): Host {
    return this.sedge.app.get<Host>(HOST, { strict: false });
  }

  /** address of the HTTP API */
  get url(): string {
    return this.sedge.url!;
  }

  async close(): Promise<void> {
    await this.sedge.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A folder of tools in which the one lies where stages look for it. */
async function linkTool(
  root: string,
  { folder, definition }: { folder: string; definition: ToolDefinition },
): Promise<string[]> {
  await mkdir(join(root, definition.stage), { recursive: true });
  await symlink(folder, join(root, definition.stage, definition.name));
  return [root];
}

/**
 * The services that a trial needs: the stage of the tool, and for a worker what it uploads to. What is built into a stage comes with
 * everything that there is.
 */
async function servicesFor(tool: NamedTool): Promise<Type[]> {
  if (!('folder' in tool)) return (await import('../server/all-in-one.js')).SERVICES;
  const { stage, runtime } = tool.definition;
  const own = StageModule.forRoot({ stage, builtinTools: null }) as unknown as Type;
  return runtime.kind === 'external' ? [own, WorkflowModule] : [own];
}

function findTool({ app }: RunningProcess, name: string): StageTool {
  const desks = app.get(StageDirectory, { strict: false }).all();
  for (const { catalog } of desks) {
    const tool = catalog.find(name);
    if (tool) return tool;
    const refused = catalog.refusals().find((refusal) => refusal.name === name);
    if (!refused) continue;
    const { place, message, mend, code } = refused;
    throw new CommandError(code, `${name} (${place}): ${message}`, EXIT.environment, mend);
  }
  const known = desks.flatMap(({ catalog }) => catalog.all().map(({ registered }) => registered.definition.name));
  const mend = `${suggestName(name, known)}, or name the folder of its tool.yaml`;
  throw new CommandError('CONFORM_TOOL_UNKNOWN', `there is no tool '${name}'`, EXIT.notFound, mend);
}
