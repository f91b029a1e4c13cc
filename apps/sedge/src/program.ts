import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nearestName } from '@sedge/tool-contracts';
import { Command } from 'commander';
import type { CommandFile, SedgeCommand } from './command.js';
import { executeCommand, type GlobalOptions } from './execute.js';
import type { ExitCode } from './exit-codes.js';
import { printable } from './output/printing.js';

const DESCRIPTION = `Sedge: from recordings to a dependency-free AI application on a device.

A first run:

  npx sedge init my-words --from ./recordings
  npx sedge run my-words/workflow.yml`;

const EPILOGUE = `
Each command explains itself with examples: npx sedge help run
Data lie in --data-dir, SEDGE_HOME or ~/.local/share/sedge.
Exit codes: 0 well, 1 failed, 2 wrong command line or workflow, 3 partly done, 4 not found,
            5 the machine or the server must be mended, 130 interrupted.`;

type Finish = (code: ExitCode) => void;

/** Builds the command line from the files in `commands/`. `finish` receives the exit code of the command that ran. */
export async function createProgram(version: string, finish: Finish): Promise<Command> {
  const program = new Command('npx sedge')
    .description(DESCRIPTION)
    .version(version)
    .addHelpText('after', EPILOGUE)
    .showHelpAfterError('see: npx sedge --help')
    .configureOutput({
      writeOut: (text) => void process.stdout.write(printable(text)),
      writeErr: (text) => void process.stderr.write(printable(text)),
    })
    .exitOverride();
  addGlobalOptions(program);
  for (const command of await loadCommands()) addCommandFile(program, command, finish);
  addHelpCommand(program);
  return program;
}

/** What the files in `commands/` export, in the order of their names. */
export async function loadCommands(): Promise<CommandFile[]> {
  const folder = new URL('./commands/', import.meta.url);
  const names = readdirSync(fileURLToPath(folder)).filter((name) => /\.command\.(js|ts)$/.test(name));
  const modules = await Promise.all(names.sort().map((name) => import(new URL(name, folder).href)));
  return modules.map((module) => (module as { command: CommandFile }).command);
}

function addCommandFile(program: Command, file: CommandFile, finish: Finish): void {
  if ('run' in file) return addCommand(program, file, finish);
  const group = program.command(file.usage).description(file.summary).addHelpText('after', `\n${file.help}`);
  group.showHelpAfterError(`see: npx sedge ${group.name()} --help`);
  addGlobalOptions(group);
  for (const command of file.commands) addCommand(group, command, finish);
  addHelpCommand(group);
}

/** In place of the library's own, which takes a word that names no command in silence. */
function addHelpCommand(parent: Command): void {
  parent
    .helpCommand(false)
    .command('help [command...]')
    .description('say more about a command')
    .action((words: string[]) => {
      let at = parent;
      for (const word of words) {
        const next = at.commands.find((command) => command.name() === word);
        if (!next) return at.error(unknownCommand(word, at), { code: 'commander.unknownCommand' });
        at = next;
      }
      at.help();
    });
}

function unknownCommand(word: string, { commands }: Command): string {
  const known = commands.map((command) => command.name());
  const nearest = nearestName(word, known);
  return `error: unknown command '${word}'${nearest === null ? '' : `\n(Did you mean ${nearest}?)`}`;
}

function addCommand(parent: Command, command: SedgeCommand, finish: Finish): void {
  const sub = parent.command(command.usage).description(command.summary).addHelpText('after', `\n${command.help}`);
  const path = parent.parent ? `${parent.name()} ${sub.name()}` : sub.name();
  sub.showHelpAfterError(`see: npx sedge ${path} --help`);
  addGlobalOptions(sub);
  command.configure?.(sub);
  sub.action(async (...given: unknown[]) => {
    const words = given.slice(0, -2) as (string | string[] | undefined)[];
    assertNoneEmpty(sub, words);
    const args = words.flat() as string[];
    finish(await executeCommand(command, args, sub.optsWithGlobals<GlobalOptions>()));
  });
}

/** What was to be named by a variable that is not set would be taken for everything, or for another address of the API. */
function assertNoneEmpty(command: Command, words: readonly (string | string[] | undefined)[]): void {
  const at = words.findIndex((word) => [word].flat().includes(''));
  if (at < 0) return;
  const name = command.registeredArguments[at]!.name();
  command.error(`error: argument '${name}' is empty; is a variable of the shell not set?`, {
    code: 'commander.invalidArgument',
  });
}

/** Accepted behind the verb as well as before it. */
function addGlobalOptions(command: Command): void {
  command
    .option('--json', 'print machine-readable JSON, one value a line')
    .option('--data-dir <folder>', 'where artifacts and state are kept')
    .option('--server <url>', 'use the Sedge at this address')
    .option('--token-file <file>', 'access token for --server; else SEDGE_TOKEN')
    .option('--verbose', 'print the log of the services on standard error too');
}
