import type { CommandContext, CommandGroup, SedgeCommand } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { table } from '../output/table.js';
import { green, red } from '../output/terminal.js';
import { atStage, type KnownStage } from '../tools/at-stage.js';
import { toolText, type ToolView } from '../tools/tool-text.js';

interface Refused {
  name: string;
  stage: string;
  place: string;
  code: string;
  message: string;
  mend: string;
}

const list: SedgeCommand = {
  usage: 'list',
  summary: 'list the tools that workflows can name, and those that can not be used here',
  help: `  npx sedge tools list
  npx sedge tools list --json                       a line for each tool, the newest first; refused ones carry "refused"

Exit codes: 0 listed, with what is refused.`,
  async run(context) {
    const api = await context.api();
    const { tools } = await api.get<{ tools: ToolView[] }>('/v1/tools');
    const { stages, refused } = await api.get<{ stages: KnownStage[]; refused: Refused[] }>('/v1/stages');
    const silent = stages.filter(({ unreachable }) => unreachable !== null);
    tools.sort((a, b) => b.registeredAt.localeCompare(a.registeredAt) || (a.name < b.name ? -1 : 1));
    for (const tool of tools) context.emit(tool);
    for (const { name, stage, ...why } of refused) context.emit({ name, stage, refused: why });
    context.say(table(['tool', 'version', 'stage', 'runtime', 'summary'], rowsOf(tools)));
    for (const { name, place, message, mend } of refused)
      context.say(`${red('✗')} ${name} (${place}): ${message}; ${mend}`);
    for (const { name, url, unreachable } of silent) {
      context.emit({ stage: name, url, unreachable });
      context.say(`${red('✗')} the stage ${name} at ${url} does not answer (${unreachable}): its jobs wait, start it`);
    }
    return EXIT.ok;
  },
};

function rowsOf(tools: readonly ToolView[]): string[][] {
  return tools.map(({ name, version, stage, runtime, summary }) => [name, version, stage, runtime.kind, summary]);
}

const show: SedgeCommand = {
  usage: 'show <tool>',
  summary: 'show what a tool takes and gives, and its parameters with their defaults',
  help: `  npx sedge tools show train-pytorch
  npx sedge tools show train-pytorch@1 --json

Exit codes: 0 shown, 4 there is no such tool.`,
  async run(context, args) {
    const api = await context.api();
    const { tools } = await api.get<{ tools: ToolView[] }>(`/v1/tools/${encodeURIComponent(args[0]!)}`);
    for (const tool of tools) context.emit(tool);
    context.say(tools.map(toolText).join('\n\n'));
    return EXIT.ok;
  },
};

const test: SedgeCommand = {
  usage: 'test <tool>',
  summary: 'look whether a tool can run here now: its files, its image, its server',
  help: `  npx sedge tools test train-pytorch

Whether it also keeps its contract when it is run, cancelled, killed and asked twice: sedge conform.
Exit codes: 0 it can, 4 there is no such tool, 5 it can't, with the reason and what to do.`,
  async run(context, args) {
    const path = `/v1/stages/tools/${encodeURIComponent(args[0]!)}/test`;
    const api = await context.api();
    const answer = await atStage(api, () =>
      api.post<{ tool: { digest: string } | null; refused: Refused | null }>(path),
    );
    return tellTest(context, args[0]!, answer);
  },
};

function tellTest(
  context: CommandContext,
  name: string,
  { tool, refused }: { tool: { digest: string } | null; refused: Refused | null },
): typeof EXIT.ok | typeof EXIT.environment {
  context.emit({ name, isUsable: refused === null, digest: tool?.digest ?? null, refused });
  if (refused === null) context.say(`${green('✓')} ${name} can run here (${tool!.digest})`);
  else context.say(`${red('✗')} ${name} (${refused.place}): ${refused.message}\n    ${refused.mend}`);
  return refused === null ? EXIT.ok : EXIT.environment;
}

export const command: CommandGroup = {
  usage: 'tools',
  summary: 'the tools that workflows can name: list, show, test',
  help: `  npx sedge tools list
  npx sedge tools show extract-mfcc`,
  commands: [list, show, test],
};
