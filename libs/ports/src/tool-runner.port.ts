import type { FailureClass, JobFile, RegisteredTool, ToolLine } from '@sedge/tool-contracts';

export interface ToolRun {
  tool: RegisteredTool;
  /** folder of `tool.yaml`, null for tools without one on this machine */
  folder: string | null;
  job: JobFile;
  /** the attempt's own working directory */
  workDirectory: string;
  signal: AbortSignal;
  onLine(line: ToolLine): void;
}

export type ToolOutcome =
  | { status: 'succeeded' }
  | { status: 'cancelled' }
  | { status: 'failed'; class: FailureClass; code: string; message: string };

/** Runs tools of one runtime. All runtimes see the same contract: input directories, output directories, parameters, lines, outcome. */
export interface ToolRunner {
  readonly runtime: RegisteredTool['definition']['runtime']['kind'];
  run(run: ToolRun): Promise<ToolOutcome>;
}

export const TOOL_RUNNERS = Symbol('ToolRunners');
