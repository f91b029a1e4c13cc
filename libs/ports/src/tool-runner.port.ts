import type { FailureClass, JobFile, RegisteredTool, ToolDefinition, ToolLine } from '@sedge/tool-contracts';

export interface ToolRun {
  tool: RegisteredTool;
  /** folder of `tool.yaml`, null for tools without one on this machine */
  folder: string | null;
  job: JobFile;
  /** the attempt's own working directory */
  workDirectory: string;
  /** W3C trace context for the tool to go on with: TRACEPARENT in its environment, or the header of that name */
  traceparent?: string;
  signal: AbortSignal;
  onLine(line: ToolLine): void;
}

/** What of a run is needed to prepare for it. */
export interface ToolPreparation extends Pick<ToolRun, 'folder' | 'signal' | 'onLine'> {
  definition: ToolDefinition;
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
  /** Looks closer than `identify` whether a tool can be started here. @throws ToolUnavailableError */
  assertStartable?(definition: ToolDefinition, folder: string | null): Promise<void>;
  /** Never throws for what the tool does: that is an outcome. */
  run(run: ToolRun): Promise<ToolOutcome>;
  /** Makes what a tool needs before it can run here, e.g. its environment, so that the first job doesn't wait for it. */
  prepare?(preparation: ToolPreparation): Promise<ToolOutcome>;
  /** Ends what a dead process left running. @param workDirectory has a folder per stage, in it one per job, in it one per attempt */
  recover?(workDirectory: string): Promise<void>;
}

/** A program that speaks the tool protocol on its standard output. */
export interface ToolCommand {
  file: string;
  args: string[];
  workDirectory: string;
  /** the program's whole environment */
  environment: Record<string, string>;
  /** the entry `NAME=value` and a zero byte of its environment that no other program has: what leaves its process group is known by it */
  mark?: string;
  /** how long it may take to end after it was told to */
  graceMs: number;
  signal: AbortSignal;
  onLine(line: ToolLine): void;
  /** called with the process id of the group's leader */
  onStart?(pid: number): void;
}

/**
 * Runs a program until it ends, or until it is told to and has ended. Nothing of its process group is left, and what left the group is not
 * waited for.
 */
export type RunToolCommand = (command: ToolCommand) => Promise<ToolOutcome>;

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
