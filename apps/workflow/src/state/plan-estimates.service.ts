import { Inject, Injectable } from '@nestjs/common';
import { HOST, type Host } from '@sedge/service-kit';
import type { CompiledWorkflow } from '../domain/compiled-workflow.js';
import type { Estimates } from '../domain/expectations.js';
import { WorkflowConfig } from '../workflow.config.js';
import type { ParameterChecker } from '../domain/parameter-checker.js';
import { JobRepository } from './job.repository.js';
import { ToolRegistry } from './tool-registry.service.js';

/** What plans are estimated from. */
@Injectable()
export class PlanEstimates {
  constructor(
    private readonly jobs: JobRepository,
    private readonly tools: ToolRegistry,
    private readonly config: WorkflowConfig,
    @Inject(HOST) private readonly host: Host,
  ) {}

  get checker(): ParameterChecker {
    return this.tools.parameters;
  }

  get timeoutMs(): number {
    return this.config.planTimeoutMs;
  }

  async of(workflow: CompiledWorkflow): Promise<Estimates> {
    const names = workflow.steps.flatMap((step) => ('tool' in step ? [step.tool.definition.name] : []));
    return { history: await this.jobs.historyOf(names), atOnce: this.config.jobsAtOnce(this.host) };
  }
}
