import { Injectable } from '@nestjs/common';
import { errorsOf } from '@sedge/service-kit';
import type { CompiledWorkflow } from '../domain/compiled-workflow.js';
import type { RunItem } from '../domain/run-item.js';
import { planOf, type Plan } from '../domain/plan.js';
import { WORKFLOW_ERRORS } from '../errors.js';
import { ActiveRun } from './active-run.js';
import { PlanEstimates } from './plan-estimates.service.js';
import { PlanRemoval } from './plan-removal.service.js';
import { RunCommands, itemsOf } from './run-commands.service.js';
import { RunQueries } from './run-queries.service.js';
import { RunStepper } from './run-stepper.service.js';
import { itemOfRow, type RunRow, type StoredRequest } from './run-row.js';

const error = errorsOf(WORKFLOW_ERRORS);

/** Says what a run of a workflow would do, without doing more than bringing its inputs in. */
@Injectable()
export class Planner {
  constructor(
    private readonly commands: RunCommands,
    private readonly queries: RunQueries,
    private readonly stepper: RunStepper,
    private readonly estimates: PlanEstimates,
    private readonly removal: PlanRemoval,
  ) {}

  /** @throws WORKFLOW_INVALID, WORKFLOW_PLAN_INPUT_FAILED, WORKFLOW_PLAN_TIMED_OUT */
  async plan(request: StoredRequest): Promise<Plan> {
    const checked = await this.commands.check(request);
    const hasInputs = 'workflow' in checked && checked.workflow.steps.some((step) => step.kind === 'input');
    if ('workflow' in checked && !hasInputs) return this.planWith(checked.workflow, [], request, '');
    const { run, workflow } = await this.commands.start(request, 'plan', null);
    try {
      const inputs = await this.broughtIn(run);
      return await this.planWith(workflow, inputs, request, run.id);
    } finally {
      await this.removal.remove(run.id);
    }
  }

  /** A dry run: everything is decided as a run would, up to asking for jobs. */
  private async planWith(
    workflow: CompiledWorkflow,
    inputs: RunItem[],
    request: StoredRequest,
    run: string,
  ): Promise<Plan> {
    const items = itemsOf(workflow);
    for (const input of inputs) items[input.number] = input;
    const active = new ActiveRun({ id: run, request, failure: null } as RunRow, workflow, items);
    await this.stepper.decideAll(active, new Date());
    return planOf(
      active.progress.graph,
      active.progress.items,
      await this.estimates.of(workflow),
      this.estimates.checker,
    );
  }

  private async broughtIn(run: RunRow): Promise<RunItem[]> {
    const ended = await this.queries.ended(run.id, this.estimates.timeoutMs);
    if (ended === null) throw error('WORKFLOW_PLAN_TIMED_OUT', { seconds: this.estimates.timeoutMs / 1000 });
    const items = (await this.queries.itemRows(run.id)).map(itemOfRow);
    const failed = items.find((item) => item.state !== 'succeeded');
    if (failed) {
      const input = failed.step.replace(/^inputs\./, '');
      throw error('WORKFLOW_PLAN_INPUT_FAILED', {
        input,
        reason: failed.failure?.message ?? ended.failure?.message ?? failed.state,
      });
    }
    return items;
  }
}
