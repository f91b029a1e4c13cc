import { Injectable } from '@nestjs/common';
import { ParameterChecker } from '../domain/parameter-checker.js';
import { ToolCatalogue } from '../domain/tool-catalogue.js';
import type { CompileSettings } from '../domain/tool-step-compiler.js';
import { WorkflowConfig } from '../workflow.config.js';
import { ToolRepository, type KnownTool } from './tool.repository.js';

/** The tools as workflows are compiled against them. */
@Injectable()
export class ToolRegistry {
  readonly parameters = new ParameterChecker();

  constructor(
    private readonly repository: ToolRepository,
    private readonly config: WorkflowConfig,
  ) {}

  all(): Promise<KnownTool[]> {
    return this.repository.all();
  }

  async compileSettings(): Promise<CompileSettings> {
    const tools = new ToolCatalogue(await this.repository.all());
    const { maxCharacters, maxSteps } = this.config;
    return { tools, parameters: this.parameters, maxCharacters, maxSteps };
  }

  /** Where a stage's HTTP API is; null in the all-in-one process. */
  async stageUrl(stage: string): Promise<string | null> {
    const tools = await this.repository.all();
    return tools.find((tool) => tool.definition.stage === stage)?.stageUrl ?? null;
  }
}
