import { Controller, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { suggestName, type RegisteredTool, type ToolLine } from '@sedge/tool-contracts';
import type { Response } from 'express';
import type { Caller } from '../access/caller.js';
import { AskedBy, Needs } from '../access/needs.js';
import { Teams } from '../access/teams.service.js';
import { stageError } from '../errors.js';
import type { RefusedTool } from '../tools/tool-catalog.service.js';
import { StageDirectory } from './stage-directory.js';
import { ToolFolders } from './tool-folders.service.js';

interface ToolList {
  tools: RegisteredTool[];
  /** tools that were found and can't be used, each with the reason */
  refused: (RefusedTool & { stage: string })[];
}

/** The tools of the stages of this process. */
@ApiTags('tools')
@Needs('read')
@Controller('v1/stages/tools')
export class ToolsController {
  constructor(
    private readonly stages: StageDirectory,
    private readonly folders: ToolFolders,
    private readonly teams: Teams,
  ) {}

  @Get()
  @ApiOperation({
    summary: "Lists the tools of the stages of this process, and those that can't be used, each with the reason",
  })
  list(): ToolList {
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
  async test(
    @Param('name') name: string,
    @AskedBy() caller: Caller,
  ): Promise<{ tool: RegisteredTool | null; refused: RefusedTool | null }> {
    for (const { stage, catalog, tools } of this.stages.all()) {
      await tools.refresh();
      const tool = catalog.find(name);
      const refused = catalog.refusals().find((refusal) => refusal.name === name) ?? null;
      if (tool || refused) this.teams.assertMayActFor(caller, stage);
      if (tool) return { tool: tool.registered, refused: refused ?? (await catalog.faultOf(tool)) };
      if (refused) return { tool: null, refused };
    }
    throw this.unknown(name);
  }

  /** Makes what the tool needs before it can run here. Answers with the lines of the work as JSON lines, the outcome last. */
  @Post(':name/prepare')
  @Needs('run')
  @ApiOperation({ summary: 'Makes what a tool needs before it can run here, e.g. its environment' })
  @HttpCode(200)
  async prepare(@Param('name') name: string, @AskedBy() caller: Caller, @Res() response: Response): Promise<void> {
    const tool = this.stages
      .all()
      .map(({ catalog }) => catalog.find(name))
      .find((found) => found !== undefined);
    if (!tool) throw this.unknown(name);
    this.teams.assertMayActFor(caller, tool.registered.definition.stage);
    const abort = new AbortController();
    response.on('close', () => abort.abort()).type('application/x-ndjson');
    const write = (line: ToolLine | object): void => void response.write(`${JSON.stringify(line)}\n`);
    const { definition } = tool.registered;
    const preparation = { definition, folder: tool.folder, signal: abort.signal, onLine: write };
    const outcome = (await tool.runner?.prepare?.(preparation)) ?? { status: 'succeeded' };
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
