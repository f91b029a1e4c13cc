import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { digestOfJson } from '@sedge/artifact-contracts';
import { TOOL_RUNNERS, ToolUnavailableError, type ToolRunner } from '@sedge/ports';
import type { RegisteredTool, ToolDefinition } from '@sedge/tool-contracts';
import { HOST, type Host } from '../host.js';
import { machineValuesFor } from '../machine.js';
import { STAGE, type StageOptions } from '../stage/stage-options.js';
import { BuiltinRunner } from './builtin.runner.js';
import { loadBuiltinTools } from './builtin-tools.js';
import { offeredTools, type FoundTool } from './offered-tools.js';
import { checkToolDefinition, parseToolFile, type ToolFileMistake } from './tool-file.js';

/** A tool of this stage, ready to run; `runner` is null for tools that only external workers run. */
export interface StageTool {
  registered: RegisteredTool;
  folder: string | null;
  /** the file that defines it */
  place: string;
  runner: ToolRunner | null;
}

/** A tool that this stage knows of and can't offer. */
export interface RefusedTool {
  name: string;
  place: string;
  code: string;
  message: string;
  mend: string;
}

/** The tools of a stage: found at start, and named by digest. */
@Injectable()
export class ToolCatalog implements OnModuleInit {
  private readonly logger: Logger;
  private readonly tools = new Map<string, StageTool>();
  /** refused at start, whatever becomes of the others */
  private readonly unusable: RefusedTool[] = [];
  private refused: RefusedTool[] = [];
  private found: FoundTool[] = [];
  private runners: ToolRunner[] = [];

  constructor(
    @Inject(STAGE) private readonly stage: StageOptions,
    @Inject(HOST) private readonly host: Host,
    @Inject(TOOL_RUNNERS) private readonly sharedRunners: ToolRunner[],
  ) {
    this.logger = new Logger(`tools:${stage.stage}`);
  }

  async onModuleInit(): Promise<void> {
    const builtins = this.stage.builtinTools ? await loadBuiltinTools(this.stage.builtinTools) : [];
    this.runners = [...this.sharedRunners, new BuiltinRunner(builtins, this.host.border)];
    for (const { tool, file } of builtins) assertUsable(tool.definition, this.stage.stage, file);
    const { offered, refused } = offeredTools([
      ...builtins.map(({ tool, file }) => ({ definition: tool.definition, folder: null, place: file })),
      ...(await this.toolsInFolders()),
    ]);
    this.found = offered;
    for (const tool of refused) this.refuse(tool, this.unusable);
    await this.identifyAll();
  }

  stageName(): string {
    return this.stage.stage;
  }

  all(): StageTool[] {
    return [...this.tools.values()];
  }

  /** Looks closely at a tool that is offered. @returns why it can't be started here, else null */
  async faultOf({ registered, folder, place, runner }: StageTool): Promise<RefusedTool | null> {
    const { definition } = registered;
    try {
      await runner?.assertStartable?.(definition, folder);
      return null;
    } catch (error) {
      if (!(error instanceof ToolUnavailableError)) throw error;
      return { name: definition.name, place, code: error.code, message: error.message, mend: error.mend };
    }
  }

  /** Tools that only workers outside run. */
  externalNames(): string[] {
    return this.all()
      .filter(({ runner }) => runner === null)
      .map(({ registered }) => registered.definition.name);
  }

  /** Tools that wait for disks and networks and need no core. */
  idleNames(): string[] {
    return this.all()
      .filter(({ runner, registered }) => runner !== null && registered.definition.resources.cpu === 0)
      .map(({ registered }) => registered.definition.name);
  }

  refusals(): RefusedTool[] {
    return [...this.unusable, ...this.refused];
  }

  find(name: string): StageTool | undefined {
    return this.tools.get(name);
  }

  /** Looks again at tools on servers, which may come, go and change while this process runs. */
  lookAgain(): Promise<void> {
    return this.identifyAll((runtime) => runtime === 'http' || runtime === 'container');
  }

  private async identifyAll(isWanted: (runtime: string) => boolean = () => true): Promise<void> {
    const known = new Map(this.found.map((tool) => [tool.definition.name, tool]));
    this.refused = this.refused.filter(({ name }) => !isWanted(known.get(name)!.definition.runtime.kind));
    for (const tool of this.found.filter(({ definition }) => isWanted(definition.runtime.kind))) {
      await this.identify(tool);
    }
  }

  private async identify({ definition, folder, place }: FoundTool): Promise<void> {
    const runner = this.runners.find(({ runtime }) => runtime === definition.runtime.kind) ?? null;
    try {
      const identity = runner ? await runner.identify(definition, folder) : withoutRunner(definition);
      const digest = digestOfJson({ definition, identity });
      const machine = machineValuesFor(definition, this.host.machine);
      this.tools.set(definition.name, { registered: { definition, digest, machine }, folder, place, runner });
    } catch (error) {
      if (!(error instanceof ToolUnavailableError)) throw error;
      this.tools.delete(definition.name);
      this.refuse(
        { name: definition.name, place, code: error.code, message: error.message, mend: error.mend },
        this.refused,
      );
    }
  }

  private refuse(tool: RefusedTool, among: RefusedTool[]): void {
    among.push(tool);
    this.logger.warn(`${tool.place}: ${tool.name}: ${tool.message}; ${tool.mend}`);
  }

  private async toolsInFolders(): Promise<FoundTool[]> {
    const found: FoundTool[] = [];
    for (const folder of this.host.toolDirectories.flatMap((root) => toolFoldersIn(join(root, this.stage.stage)))) {
      const place = join(folder, 'tool.yaml');
      const reading = parseToolFile(await readFile(place, 'utf8'), place);
      const mistakes = reading.ok ? misplacement(reading.definition, this.stage.stage, place) : reading.mistakes;
      if (reading.ok && mistakes.length === 0) found.push({ definition: reading.definition, folder, place });
      for (const { file, line, column, message, mend } of mistakes) {
        const at = `${file}:${line}:${column}`;
        this.refuse({ name: basename(folder), place: at, code: 'TOOL_FILE_INVALID', message, mend }, this.unusable);
      }
    }
    return found;
  }
}

function toolFoldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .filter((place) => existsSync(join(place, 'tool.yaml')));
}

function withoutRunner(definition: ToolDefinition): Record<string, unknown> {
  if (definition.runtime.kind === 'external') return {};
  const message = `the runtime '${definition.runtime.kind}' is not part of this process`;
  throw new ToolUnavailableError('TOOL_RUNTIME_UNAVAILABLE', message, 'choose another runtime in tool.yaml');
}

function misplacement(definition: ToolDefinition, stage: string, file: string): ToolFileMistake[] {
  if (definition.stage === stage) return [];
  const message = `the tool names the stage '${definition.stage}' and lies in the folder of '${stage}'`;
  return [{ file, line: 1, column: 1, message, mend: `move its folder to ${definition.stage}/, or change its stage` }];
}

/** A built-in tool's mistake is the service's own: better no start than half a stage. */
function assertUsable(definition: ToolDefinition, stage: string, place: string): void {
  const [finding] = checkToolDefinition(definition);
  if (finding) throw new Error(`${place}: ${finding.message}; ${finding.mend}`);
  if (definition.stage !== stage) throw new Error(`${place}: the tool names the stage '${definition.stage}'`);
}
