import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { EXIT, type ExitCode } from './exit-codes.js';
import { createProgram } from './program.js';

/** The entry of the `sedge` command: runs one command and ends the process with its exit code. */
export async function main(argv: string[]): Promise<void> {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  let exitCode: ExitCode = EXIT.ok;
  const program = await createProgram(version, (code) => (exitCode = code));
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  process.exitCode = exitCode;
  // Handles that a library left open must not keep a finished command alive.
  setTimeout(() => process.exit(), 2000).unref();
}
