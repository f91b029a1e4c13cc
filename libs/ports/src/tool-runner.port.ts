import type { FailureClass, JobFile, RegisteredTool, ToolDefinition, ToolLine } from '@sedge/tool-contracts';

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
  /**
   * What the digest of a tool covers besides its definition: the files of its folder and the lock, an image's digest, the version that
   * a server declares.
   * @throws ToolUnavailableError where this machine can't run the tool now
   */
  identify(definition: ToolDefinition, folder: string | null): Promise<Record<string, unknown>>;
  /** Never throws for what the tool does: that is an outcome. */
  run(run: ToolRun): Promise<ToolOutcome>;
}

/** Why a tool can't be run here, and what would change that. */
export class ToolUnavailableError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly mend: string,
  ) {
    super(message);
    this.name = 'ToolUnavailableError';
  }
}

export const TOOL_RUNNERS = Symbol('ToolRunners');
