import type { Type } from '@nestjs/common';
import { SettingsError, readSettings, startProcess, takeSecrets, type RunningProcess } from '@sedge/composition';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { printNote } from '../output/printing.js';
import { red } from '../output/terminal.js';
import { processLogTo } from './log-file.js';

export interface ServicesOptions {
  dataDirectory: string;
  /** address of the HTTP API besides the socket; absent: as SEDGE_HOST and SEDGE_PORT say, else none */
  listen?: { host: string; port: number };
  /** the only folders of tools; absent: those that are shipped and those that SEDGE_TOOLS_DIR names */
  toolDirectories?: string[];
  /** whether the log goes to standard error besides its file */
  isVerbose: boolean;
  /** settings that go before those of the process's own environment */
  environment?: Record<string, string>;
}

/** What the environment held at the first start: a command may start services again. */
const secrets: Record<string, string | undefined> = {};

/** Starts services in this process. @throws CommandError that says how to mend it */
export async function startServices(
  modules: Type[],
  { dataDirectory, listen, toolDirectories, isVerbose, environment = {} }: ServicesOptions,
): Promise<RunningProcess> {
  try {
    Object.assign(secrets, takeSecrets(process.env));
    const settings = readSettings({ ...process.env, ...secrets, ...environment, SEDGE_HOME: dataDirectory });
    return await startProcess({
      modules,
      settings: { ...settings, ...(listen && { listen }), ...(toolDirectories && { toolDirectories }) },
      log: processLogTo(dataDirectory, isVerbose),
      onFatal: sayFatal,
    });
  } catch (error) {
    throw asCommandError(error);
  }
}

function sayFatal(error: Error): void {
  const mend = 'mend' in error ? `\n  ${String(error.mend)}` : '';
  printNote(`${red('error')} ${error.message}${mend}`);
}

/** What the user can mend is said as a sentence; anything else is a fault of the program and keeps its trace. */
function asCommandError(error: unknown): unknown {
  if (!(error instanceof Error) || !('mend' in error && 'code' in error)) return error;
  const exitCode = error instanceof SettingsError ? EXIT.usage : EXIT.environment;
  return new CommandError(String(error.code), error.message, exitCode, String(error.mend));
}
