import type { Type } from '@nestjs/common';
import { BenchmarkModule } from '@sedge/benchmark';
import { SettingsError, readSettings, startProcess, type RunningProcess } from '@sedge/composition';
import { DeploymentOptimizerModule } from '@sedge/deployment-optimizer';
import { IngestionModule } from '@sedge/ingestion';
import { TrainingModule } from '@sedge/training';
import { WorkflowModule } from '@sedge/workflow';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { red } from '../output/terminal.js';
import { processLogTo } from './log-file.js';

/** Every service that the one process holds. */
const SERVICES = [IngestionModule, TrainingModule, DeploymentOptimizerModule, BenchmarkModule, WorkflowModule];

export interface AllInOneOptions {
  dataDirectory: string;
  /** address of the HTTP API besides the socket; absent: as SEDGE_HOST and SEDGE_PORT say, else none */
  listen?: { host: string; port: number };
  /** whether the log goes to standard error besides its file */
  isVerbose: boolean;
  /** settings that go before those of the process's own environment */
  environment?: Record<string, string>;
  /** services beside Sedge's own */
  furtherServices?: Type[];
}

export interface AllInOne {
  /** null where no port was asked for */
  url: string | null;
  socketPath: string;
  app: RunningProcess['app'];
  /** ends it cleanly: work under way is handed back and goes on at the next start */
  close(): Promise<void>;
}

/** Starts all services in this process, on the embedded database, bus and store. @throws CommandError that says how to mend it */
export async function startAllInOne(options: AllInOneOptions): Promise<AllInOne> {
  const { dataDirectory, listen, isVerbose, environment = {}, furtherServices = [] } = options;
  try {
    const settings = readSettings({ ...process.env, ...environment, SEDGE_HOME: dataDirectory });
    const running = await startProcess({
      modules: [...SERVICES, ...furtherServices],
      settings: listen ? { ...settings, listen } : settings,
      log: processLogTo(dataDirectory, isVerbose),
      onFatal: sayFatal,
    });
    const { url, socketPath, app } = running;
    return { url, socketPath, app, close: () => running.close() };
  } catch (error) {
    throw asCommandError(error);
  }
}

function sayFatal(error: Error): void {
  const mend = 'mend' in error ? `\n  ${String(error.mend)}` : '';
  process.stderr.write(`${red('error')} ${error.message}${mend}\n`);
}

/** What the user can mend is said as a sentence; anything else is a fault of the program and keeps its trace. */
function asCommandError(error: unknown): unknown {
  if (!(error instanceof Error) || !('mend' in error && 'code' in error)) return error;
  const exitCode = error instanceof SettingsError ? EXIT.usage : EXIT.environment;
  return new CommandError(String(error.code), error.message, exitCode, String(error.mend));
}
