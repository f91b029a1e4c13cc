import type { Command } from 'commander';
import type { ApiClient } from './client/api-client.js';
import type { ExitCode } from './exit-codes.js';

/** What every command gets: where to print, how to reach the API, when to stop. */
export interface CommandContext {
  /** machine-readable output was asked for: one JSON value per line on standard output, nothing else */
  isJson: boolean;
  /** aborted by Ctrl-C or SIGTERM */
  signal: AbortSignal;
  dataDirectory: string;
  /** Connects to the running process of the data directory, or starts one for the length of the command. */
  api(): Promise<ApiClient>;
  /** Prints a line for people; nothing with `--json`. */
  say(text: string): void;
  /** Prints a value for machines; nothing without `--json`. */
  emit(value: unknown): void;
}

/** One verb of the command line. A file `commands/<verb>.command.ts` exports it as `command` and is found by its name. */
export interface SedgeCommand {
  /** as commander writes it, e.g. `run <workflow>` */
  usage: string;
  /** one sentence for the list of commands */
  summary: string;
  /** what `--help` teaches beyond the options: examples, what comes out, exit codes */
  help: string;
  /** adds options and subcommands */
  configure(command: Command): void;
  /** @returns the exit code */
  run(context: CommandContext, args: string[], options: Record<string, unknown>): Promise<ExitCode>;
}
