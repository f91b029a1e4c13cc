import type { Type } from '@nestjs/common';
import { redactor, takeSecrets } from './secrets.js';
import { readSettings } from './settings.js';
import { startProcess, type RunningProcess } from './start-process.js';

/** The machine or the settings must be mended before the next start; the commands' own code for it. */
const EXIT_ENVIRONMENT = 5;
/** What has not ended by then is taken up by another copy, as after a kill. */
const END_MS = 30_000;

/**
 * Runs one service as a process of its own until it is told to end. Prints where it listens as one line of JSON when it is ready, and
 * what keeps it from starting as one line of JSON on standard error.
 */
export async function runService({ module }: { module: Type }): Promise<void> {
  let running: RunningProcess;
  try {
    const secrets = takeSecrets(process.env);
    const settings = readSettings({ ...process.env, ...secrets });
    running = await startProcess({ modules: [module], settings });
  } catch (error) {
    refuse(error);
  }
  const end = (): void => {
    setTimeout(() => process.exit(1), END_MS).unref();
    void running.close().then(
      () => process.exit(0),
      (error: unknown) => refuse(error),
    );
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  process.stdout.write(`${JSON.stringify({ url: running.url, socketPath: running.socketPath })}\n`);
}

function refuse(error: unknown): never {
  const { message, code, mend, stack } = error as Error & { code?: string; mend?: string };
  const words = mend === undefined ? { message: stack ?? String(error) } : { code, message, mend };
  const line = JSON.stringify({ time: new Date().toISOString(), level: 'error', ...words });
  process.stderr.write(`${redactor([])(line)}\n`);
  process.exit(mend === undefined ? 1 : EXIT_ENVIRONMENT);
}
