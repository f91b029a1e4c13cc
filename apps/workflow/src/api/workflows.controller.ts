import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Digest } from '@sedge/artifact-contracts';
import { Answers, Needs } from '@sedge/service-kit';
import type { CompiledStep } from '../domain/compiled-workflow.js';
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

export interface CheckedInput {
  /** null where an artifact is named */
  from: string | null;
  /** id of the stored artifact, null where the input is brought in */
  artifact: Digest | null;
  place: Place;
}

export interface CheckedStep {
  name: string;
  kind: CompiledStep['kind'];
  /** NAME@VERSION, null for steps that run none */
  tool: string | null;
  items: number;
  /** of an input: its absolute path or address, or the artifact that is there, and where the file or the request gives it */
  input: CheckedInput | null;
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
      return { name: step.name, kind: step.kind, tool, items: step.size, input: inputOf(step) };
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

function inputOf(step: CompiledStep): CheckedInput | null {
  if (step.kind === 'input') return { from: step.from, artifact: null, place: step.place };
  return step.kind === 'stored' ? { from: null, artifact: step.artifact, place: step.place } : null;
}
