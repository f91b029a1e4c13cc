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

  /** For a workflow that is to begin. */
  async compileSettings(): Promise<CompileSettings> {
    return this.settingsWith(await this.repository.all());
  }

  /** For one that has begun: what becomes of a job whose tool was taken back is for its stage to say, which waits for it a while. */
  async compileSettingsOfRuns(): Promise<CompileSettings> {
    // What was accepted goes on, whatever the limit of texts is now.
    return { ...this.settingsWith(await this.repository.allEver()), maxCharacters: Infinity };
  }

  private settingsWith(tools: KnownTool[]): CompileSettings {
    const { maxCharacters, maxSteps } = this.config;
    return { tools: new ToolCatalogue(tools), parameters: this.parameters, maxCharacters, maxSteps };
  }

  /** Where a stage's HTTP API is; null in the all-in-one process. */
  async stageUrl(stage: string): Promise<string | null> {
    const tools = await this.repository.allEver();
    return tools.find((tool) => tool.definition.stage === stage)?.stageUrl ?? null;
  }
}
