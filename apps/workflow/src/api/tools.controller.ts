import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Answers, Needs, errorsOf } from '@sedge/service-kit';
import { suggestName, type ToolDefinition } from '@sedge/tool-contracts';
import { WORKFLOW_ERRORS } from '../errors.js';
import { ToolRegistry } from '../state/tool-registry.service.js';
import type { KnownTool } from '../state/tool.repository.js';
import { ANSWERS } from './answers.gen.js';

const error = errorsOf(WORKFLOW_ERRORS);

/** A tool as users see it: its definition, what its name stands for at the moment, and when a stage last registered it. */
export interface ToolView extends ToolDefinition {
  digest: string;
  machine: Record<string, string>;
  /** RFC 3339 */
  registeredAt: string;
}

export interface ToolList {
  tools: ToolView[];
}

@Needs('read')
@ApiTags('tools')
@Answers(ANSWERS)
@Controller('v1/tools')
export class ToolsController {
  constructor(private readonly tools: ToolRegistry) {}

  @Get()
  @ApiOperation({ summary: 'Lists the tools that stages have registered' })
  async list(): Promise<ToolList> {
    return { tools: (await this.tools.all()).map(viewOf) };
  }

  @Get(':name')
  @ApiOperation({ summary: 'Shows a tool in all its versions, newest first; NAME or NAME@VERSION' })
  async show(@Param('name') name: string): Promise<ToolList> {
    const tools = await this.tools.all();
    const found = tools.filter(({ definition }) =>
      [definition.name, `${definition.name}@${definition.version}`].includes(name),
    );
    if (found.length === 0) {
      const names = new Set(tools.map((tool) => tool.definition.name));
      throw error('WORKFLOW_TOOL_NOT_REGISTERED', { tool: name, suggestion: suggestName(name, names) });
    }
    return { tools: found.map(viewOf).reverse() };
  }
}

function viewOf({ definition, digest, machine, registeredAt }: KnownTool): ToolView {
  return { ...definition, digest, machine, registeredAt: registeredAt.toISOString() };
}
