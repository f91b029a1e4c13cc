import { Command } from 'commander';
import type { CommandFile, SedgeCommand } from '../src/command.js';
import { EXIT_MEANINGS } from '../src/exit-codes.js';
import { loadCommands } from '../src/program.js';

/** Text of docs/cli.md, made of what the commands say of themselves. */
export async function cliManual(): Promise<string> {
  const files = await loadCommands();
  return `${INTRODUCTION}
${codeTable()}

## Commands

${files.map(summaryLine).join('\n')}

${files.flatMap((file) => ('run' in file ? [section(file, '')] : groupSections(file))).join('\n')}`;
}

const INTRODUCTION = `# The command line

Made from the commands themselves (\`apps/sedge/src/commands\`); a test keeps it in step. \`npx sedge COMMAND --help\` prints the same.

A command uses the Sedge process that works on the data directory; where none
does, it starts one for as long as it takes. Everything that the commands do goes over the HTTP API, which any HTTP client can use as well:
\`npx sedge up\`.

## For all commands

| option | what |
| --- | --- |
| \`--json\` | print JSON, one value a line, on standard output and nothing else; lists are newest first; a mistake is \`{"error": {"code", "message", "mend", "details"}}\` |
| \`--data-dir FOLDER\` | where artifacts and state are kept; else \`SEDGE_HOME\`, else \`~/.local/share/sedge\` |
| \`--server URL\` | use the Sedge at this address instead |
| \`--token-file FILE\` | the access token for \`--server\`; else the environment variable \`SEDGE_TOKEN\` |
| \`--verbose\` | print the log of the services on standard error, as lines of JSON; it is in the file \`sedge.log\` of the data directory anyway |

Artifacts are named by their id or its beginning (at least six digits), as lists show it; runs by their id.

## Exit codes
`;

function codeTable(): string {
  const rows = Object.entries(EXIT_MEANINGS).map(([code, meaning]) => `| ${code} | ${meaning} |`);
  return ['| code | meaning |', '| --- | --- |', ...rows].join('\n');
}

function summaryLine({ usage, summary }: CommandFile): string {
  const [name] = usage.split(' ');
  return `- [\`${name}\`](#sedge-${name}): ${summary}`;
}

function groupSections(group: Exclude<CommandFile, SedgeCommand>): string[] {
  const head = `## sedge ${group.usage}\n\n${sentence(group.summary)}\n`;
  return [head, ...group.commands.map((command) => section(command, `${group.usage} `))];
}

function section(command: SedgeCommand, prefix: string): string {
  const options = optionsOf(command).map(({ flags, text }) => `| \`${flags}\` | ${text} |`);
  const table = options.length > 0 ? `${['| option | what |', '| --- | --- |', ...options].join('\n')}\n\n` : '';
  return `${prefix === '' ? '##' : '###'} sedge ${prefix}${command.usage.split(' ')[0]}

${sentence(command.summary)}

\`\`\`text
npx sedge ${prefix}${command.usage}
\`\`\`

${table}\`\`\`text
${command.help}
\`\`\`
`;
}

function optionsOf(command: SedgeCommand): { flags: string; text: string }[] {
  const described = new Command();
  command.configure?.(described);
  return described.options.map(({ flags, description, defaultValue }) => {
    const isShown = defaultValue !== undefined && !Array.isArray(defaultValue);
    return { flags, text: isShown ? `${description}; ${String(defaultValue)} when left out` : description };
  });
}

const sentence = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}.`;
