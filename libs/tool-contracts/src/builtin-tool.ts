import type { JobFile } from './protocol.js';
import type { ToolDefinition } from './tool-definition.js';

/** What of a network inputs come from beside its public addresses. */
export interface InputHosts {
  /** in lower case; `*.example.org` stands for every name below */
  names: readonly string[];
  networks: readonly { address: string; bits: number; family: 'ipv4' | 'ipv6' }[];
}

/** From where a service takes inputs. All paths are absolute. */
export interface InputBorder {
  /** null: from everywhere */
  folders: readonly string[] | null;
  /** folders and files of the service itself, which are never taken: its data, keys and secrets */
  closed: readonly string[];
  /** null: from everywhere */
  hosts: InputHosts | null;
}

/** What a built-in tool is given: the same job file as any other runtime, and calls in place of lines on standard output. */
export interface ToolContext {
  job: JobFile;
  border: InputBorder;
  /** aborted when the job is cancelled; the tool ends soon after and throws */
  signal: AbortSignal;
  progress(done: number, total: number, unit: string, metrics?: Record<string, number>): void;
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string): void;
}

/** A tool whose code lives in the stage's service. A file `src/tools/<name>.tool.ts` exports one as `tool`. */
export interface BuiltinTool {
  definition: ToolDefinition;
  /** Writes files and `metadata.json` into each output's directory. @throws ToolError for bad input */
  run(context: ToolContext): Promise<void>;
}

/** A tool's own failure: bad input or a result that can't be. Never retried. */
export class ToolError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'ToolError';
  }
}
