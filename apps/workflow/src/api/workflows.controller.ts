import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Answers, Needs } from '@sedge/service-kit';
import type { Mistake, Place } from '../domain/mistake.js';
import type { Plan } from '../domain/plan.js';
import { Planner } from '../state/planner.service.js';
import { RunCommands } from '../state/run-commands.service.js';
import { ANSWERS } from './answers.gen.js';
import { WorkflowRequestDto, completeRequest } from './workflow-request.dto.js';

/** What a check says: the mistakes, or the steps with how often each runs. */
export type CheckAnswer =
  | { ok: false; mistakes: Mistake[] }
  | {
      ok: true;
      mistakes: [];
      workflow: { name: string; steps: CheckedStep[]; itemCount: number };
    };

export interface CheckedStep {
  name: string;
  kind: 'input' | 'tool' | 'choose' | 'await';
  /** NAME@VERSION, null for steps that run none */
  tool: string | null;
  items: number;
  /** of a step that brings an input in: its absolute path or address, and where the file or the request gives it */
  input: { from: string; place: Place } | null;
}

@Needs('run')
@ApiTags('workflows')
@Answers(ANSWERS)
@Controller('v1')
export class WorkflowsController {
  constructor(
    private readonly commands: RunCommands,
    private readonly planner: Planner,
  ) {}

  @Post('workflows/check')
  @HttpCode(200)
  @ApiOperation({ summary: 'Looks for all mistakes in a workflow, each with file, line, column and mend' })
  async check(@Body() body: WorkflowRequestDto): Promise<CheckAnswer> {
    const checked = await this.commands.check(completeRequest(body));
    if ('mistakes' in checked) return { ok: false, mistakes: checked.mistakes };
    const { name, steps, itemCount } = checked.workflow;
    const shown = steps.map((step) => {
      const tool = 'tool' in step ? `${step.tool.definition.name}@${step.tool.definition.version}` : null;
      const input = step.kind === 'input' ? { from: step.from, place: step.place } : null;
      return { name: step.name, kind: step.kind, tool, items: step.size, input };
    });
    return { ok: true, mistakes: [], workflow: { name, steps: shown, itemCount } };
  }

  @Post('plans')
  @HttpCode(200)
  @ApiOperation({ summary: 'Brings the inputs in, and says what a run would reuse and run, how long and how large' })
  plan(@Body() body: WorkflowRequestDto): Promise<Plan> {
    return this.planner.plan(completeRequest(body));
  }
}
