import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import type { CommandContext, SedgeCommand } from './command.js';
import { CommandError } from './errors.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { red } from './output/terminal.js';
import { connectOrStart, type Connection } from './server/connect.js';
import { dataDirectoryOf } from './server/data-directory.js';

interface GlobalOptions {
  json?: boolean;
  dataDir?: string;
  server?: string;
}

const EPILOGUE = `
Data lie in --data-dir, SEDGE_HOME or ~/.local/share/sedge. Exit codes: 0 well, 1 failed, 2 wrong command line or workflow, 3 partly done,
4 not found, 5 the machine must be mended, 130 interrupted.`;

/** Builds the command line from the files in `commands/`. `finish` receives the exit code of the command that ran. */
export async function createProgram(version: string, finish: (code: ExitCode) => void): Promise<Command> {
  const program = new Command('sedge')
    .description('Sedge: from recordings to a dependency-free AI application on a device')
    .version(version)
    .option('--json', 'print machine-readable JSON, one value a line')
    .option('--data-dir <folder>', 'where artifacts and state are kept')
    .option('--server <url>', 'use the Sedge at this address')
    .addHelpText('after', EPILOGUE)
    .exitOverride();
  for (const command of await loadCommands()) addCommand(program, command, finish);
  return program;
}

async function loadCommands(): Promise<SedgeCommand[]> {
  const folder = new URL('./commands/', import.meta.url);
  const names = readdirSync(fileURLToPath(folder)).filter((name) => /\.command\.(js|ts)$/.test(name));
  const modules = await Promise.all(names.sort().map((name) => import(new URL(name, folder).href)));
  return modules.map((module) => (module as { command: SedgeCommand }).command);
}

function addCommand(program: Command, command: SedgeCommand, finish: (code: ExitCode) => void): void {
  const sub = program.command(command.usage).description(command.summary).addHelpText('after', `\n${command.help}`);
  // Accepted behind the verb as well as before it.
  sub
    .option('--json', 'print machine-readable JSON, one value a line')
    .option('--data-dir <folder>', 'where artifacts and state are kept');
  sub.option('--server <url>', 'use the Sedge at this address');
  command.configure(sub);
  sub.action(async (...given: unknown[]) => {
    const options = { ...program.opts<GlobalOptions>(), ...sub.opts<GlobalOptions>() };
    const args = given.slice(0, -2).flat() as string[];
    finish(await execute(command, args, options));
  });
}

/** Runs one command: connects when it asks, ends what was started for it, and turns errors into sentences and exit codes. */
async function execute(
  command: SedgeCommand,
  args: string[],
  options: GlobalOptions & Record<string, unknown>,
): Promise<ExitCode> {
  const isJson = options.json === true;
  const abort = new AbortController();
  const interrupt = (): void => abort.abort();
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  let connection: Promise<Connection> | null = null;
  const dataDirectory = dataDirectoryOf(options.dataDir);
  const context: CommandContext = {
    isJson,
    signal: abort.signal,
    dataDirectory,
    api: async () => (await (connection ??= connectOrStart(dataDirectory, options.server))).api,
    say: (text) => void (isJson || console.log(text)),
    emit: (value) => void (isJson && console.log(JSON.stringify(value))),
  };
  try {
    return await command.run(context, args, options);
  } catch (error) {
    return report(error, isJson, abort.signal.aborted);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    await (connection as Promise<Connection> | null)?.then((open) => open.close()).catch(() => {});
  }
}

function report(error: unknown, isJson: boolean, isInterrupted: boolean): ExitCode {
  if (isInterrupted) {
    console.error('interrupted');
    return EXIT.interrupted;
  }
  const known = error instanceof CommandError ? error : null;
  const {
    code = 'CLI_UNEXPECTED',
    message,
    mend,
    details,
  } = known ?? { message: String((error as Error).stack ?? error), mend: undefined };
  if (isJson)
    console.log(JSON.stringify({ error: { code, message, ...(mend && { mend }), ...(details ? { details } : {}) } }));
  else console.error(`${red('error')} ${message}${mend ? `\n  ${mend}` : ''}`);
  return known?.exitCode ?? EXIT.failed;
}
