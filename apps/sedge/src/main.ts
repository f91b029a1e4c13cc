import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { EXIT, type ExitCode } from './exit-codes.js';
import { printJson } from './output/printing.js';
import { createProgram } from './program.js';

/** The entry of the `sedge` command: runs one command and ends the process with its exit code. */
export async function main(argv: string[]): Promise<void> {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  // Whoever reads the output may stop reading, as `head` does.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok);
    throw error;
  });
  let exitCode: ExitCode = EXIT.ok;
  const program = await createProgram(version, (code) => (exitCode = code));
  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (exitCode === EXIT.usage && argv.includes('--json')) {
      const message = error.message.replace(/^error: /, '');
      printJson({ error: { code: 'CLI_USAGE', message, mend: 'see: npx sedge --help' } });
    }
  }
  process.exitCode = exitCode;
  // Handles that a library left open must not keep a finished command alive.
  setTimeout(() => process.exit(), 2000).unref();
}
