import type { Command } from 'commander';
import type { ApiClient } from './client/api-client.js';
import type { ExitCode } from './exit-codes.js';

/** What every command gets: where to print, how to reach the API, when to stop. */
export interface CommandContext {
  /** machine-readable output was asked for: one JSON value per line on standard output, nothing else */
  isJson: boolean;
  /** the log of a process that is started goes to standard error besides its file */
  isVerbose: boolean;
  /** aborted by Ctrl-C or SIGTERM */
  signal: AbortSignal;
  dataDirectory: string;
  /** address that the user named; null: the process of the data directory is meant */
  server: string | null;
  /** Connects to the running process of the data directory, or starts one for the length of the command. */
  api(): Promise<ApiClient>;
  /** `api()` for a command that would rather wait for a server that is away; says once on standard error that it does. */
  patientApi(): Promise<ApiClient>;
  /** Whether the process behind `api()` was started by this command and ends with it. */
  ownsServer(): Promise<boolean>;
  /** Whether `api()` would reach a process that runs already; starts nothing. */
  isServerRunning(): Promise<boolean>;
  /** Takes the place of a process that has ended; what it ran goes on. @returns false where the user named the server */
  revive(): Promise<boolean>;
  /** Completes each `npx sedge …` of a text with the options by which the user named this Sedge. */
  complete(text: string): string;
  /** Prints a line for people; nothing with `--json`. */
  say(text: string): void;
  /** Prints a value for machines; nothing without `--json`. */
  emit(value: unknown): void;
}

/** One verb of the command line. */
export interface SedgeCommand {
  /** as commander writes it, e.g. `run <workflow>` */
  usage: string;
  /** one sentence for the list of commands */
  summary: string;
  /** what `--help` teaches beyond the options: examples, what comes out, exit codes */
  help: string;
  /** adds options */
  configure?(command: Command): void;
  /** @returns the exit code */
  run(context: CommandContext, args: string[], options: Record<string, unknown>): Promise<ExitCode>;
}

/** Verbs about one thing, e.g. `runs list` and `runs show`. */
export interface CommandGroup {
  usage: string;
  summary: string;
  help: string;
  commands: SedgeCommand[];
}

/** What a file `commands/<verb>.command.ts` exports as `command`; it is found by its name. */
export type CommandFile = SedgeCommand | CommandGroup;
