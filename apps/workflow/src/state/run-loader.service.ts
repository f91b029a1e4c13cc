import { Injectable } from '@nestjs/common';
import type { CompiledWorkflow } from '../domain/compiled-workflow.js';
import type { Mistake } from '../domain/mistake.js';
import type { RunItem } from '../domain/run-item.js';
import { compileWorkflow } from '../domain/workflow-compiler.js';
import { ActiveRun, inputsOnly } from './active-run.js';
import { itemOfRow, type RunRow } from './run-row.js';
import { RunRepository } from './run.repository.js';
import { ToolRegistry } from './tool-registry.service.js';

/** A run whose workflow does not fit the tools of now. */
export interface UnrunnableRun {
  row: RunRow;
  items: RunItem[];
  mistakes: Mistake[];
}

/** Brings a run into memory: compiles its workflow against the tools of now, and takes its items from the database. */
@Injectable()
export class RunLoader {
  constructor(
    private readonly runs: RunRepository,
    private readonly tools: ToolRegistry,
  ) {}

  /** @returns null when there is no such run, or it has ended; the mistakes when the tools changed so that it can't go on */
  async load(id: string): Promise<ActiveRun | UnrunnableRun | null> {
    const row = await this.runs.find(id);
    if (row === null || row.state !== 'running') return null;
    const compiled = await this.compile(row);
    const items = (await this.runs.items(id)).map(itemOfRow);
    if ('mistakes' in compiled) return { row, items, mistakes: compiled.mistakes };
    return new ActiveRun(row, row.mode === 'plan' ? inputsOnly(compiled.workflow) : compiled.workflow, items);
  }

  async compile(row: RunRow): Promise<{ workflow: CompiledWorkflow } | { mistakes: Mistake[] }> {
    return compileWorkflow(row.request, await this.tools.compileSettingsOfRuns());
  }
}
