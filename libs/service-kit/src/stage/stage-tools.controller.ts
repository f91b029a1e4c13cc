import { Controller, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { ToolOutcome } from '@sedge/ports';
import { suggestName, type RegisteredTool, type ToolLine } from '@sedge/tool-contracts';
import type { Response } from 'express';
import type { Caller } from '../access/caller.js';
import { AskedBy, Needs } from '../access/needs.js';
import { Teams } from '../access/teams.service.js';
import { Answers } from '../answers/answers.js';
import type { JsonLines } from '../answers/streams.js';
import { stageError } from '../errors.js';
import type { StrayToolFolder } from '../tools/stray-tool-folders.js';
import type { RefusedTool } from '../tools/tool-catalog.service.js';
import { ANSWERS } from './answers.gen.js';
import { StageDirectory } from './stage-directory.js';
import { ToolFolders } from './tool-folders.service.js';

export interface StageToolList {
  tools: RegisteredTool[];
  /** tools that were found and can't be used, each with the reason */
  refused: StrayToolFolder[];
}

/** Whether a tool can run here. */
export interface ToolTrial {
  /** null where the stage can't offer it */
  tool: RegisteredTool | null;
  /** why it can't run; null where it can */
  refused: RefusedTool | null;
}

/** How the preparation of a tool ended: the last of its lines. */
type OutcomeLine = { type: 'outcome' } & ToolOutcome;

/** The tools of the stages of this process. */
@ApiTags('tools')
@Answers(ANSWERS)
@Needs('read')
@Controller('v1/stages/tools')
export class StageToolsController {
  constructor(
    private readonly stages: StageDirectory,
    private readonly folders: ToolFolders,
    private readonly teams: Teams,
  ) {}

  @Get()
  @ApiOperation({
    summary: "Lists the tools of the stages of this process, and those that can't be used, each with the reason",
  })
  list(): StageToolList {
    const desks = this.stages.all();
    return {
      tools: desks.flatMap(({ catalog }) => catalog.all().map(({ registered }) => registered)),
      refused: [
        ...desks.flatMap(({ stage, catalog }) => catalog.refusals().map((tool) => ({ ...tool, stage }))),
        ...this.folders.strays(),
      ],
    };
  }

  /** Looks again whether the tool can run here: its server answers, its image is there, its program is found. */
  @Post(':name/test')
  @Needs('run')
  @ApiOperation({ summary: 'Looks again whether a tool can run here' })
  @HttpCode(200)
  async test(@Param('name') name: string, @AskedBy() caller: Caller): Promise<ToolTrial> {
    for (const { stage, catalog, tools } of this.stages.all()) {
      await tools.refresh();
      const tool = catalog.find(name);
      const refused = catalog.refusals().find((refusal) => refusal.name === name) ?? null;
      if (tool || refused) this.teams.assertMayActFor(caller, stage);
      // What is refused besides one that is offered is another of its name.
      if (tool) return { tool: tool.registered, refused: await catalog.faultOf(tool) };
      if (refused) return { tool: null, refused };
    }
    throw this.unknown(name);
  }

  /** Makes what the tool needs before it can run here. Answers with the lines of the work as JSON lines, the outcome last. */
  @Post(':name/prepare')
  @Needs('run')
  @ApiOperation({ summary: 'Makes what a tool needs before it can run here, e.g. its environment' })
  @HttpCode(200)
  async prepare(
    @Param('name') name: string,
    @AskedBy() caller: Caller,
    @Res() response: Response,
  ): Promise<JsonLines<ToolLine | OutcomeLine>> {
    const tool = this.stages
      .all()
      .map(({ catalog }) => catalog.find(name))
      .find((found) => found !== undefined);
    if (!tool) throw this.unknown(name);
    this.teams.assertMayActFor(caller, tool.registered.definition.stage);
    const abort = new AbortController();
    response.on('close', () => abort.abort()).type('application/x-ndjson');
    const write = (line: ToolLine | OutcomeLine): void => void response.write(`${JSON.stringify(line)}\n`);
    const { definition } = tool.registered;
    const preparation = { definition, folder: tool.folder, signal: abort.signal, onLine: write };
    const outcome: ToolOutcome = (await tool.runner?.prepare?.(preparation)) ?? { status: 'succeeded' };
    write({ type: 'outcome', ...outcome });
    response.end();
  }

  private unknown(name: string): Error {
    const known = this.stages
      .all()
      .flatMap(({ catalog }) => [
        ...catalog.all().map(({ registered }) => registered.definition.name),
        ...catalog.refusals().map((refusal) => refusal.name),
      ]);
    return stageError('TOOL_UNKNOWN', { tool: name, suggestion: suggestName(name, known) });
  }
}
