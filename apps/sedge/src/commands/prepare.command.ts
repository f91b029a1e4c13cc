import type { RegisteredTool } from '@sedge/tool-contracts';
import type { CheckAnswer } from '@sedge/workflow';
import type { ApiClient } from '../client/api-client.js';
import type { CommandContext, SedgeCommand } from '../command.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { LiveLines, dim, green } from '../output/terminal.js';
import { counted, duration } from '../output/units.js';
import { collect, readWorkflowRequest } from '../runs/workflow-request.js';
import { atStage } from '../tools/at-stage.js';

type Line =
  | { type: 'log'; level: string; message: string }
  | { type: 'progress'; done: number; total: number; unit: string }
  | { type: 'error'; code: string; message: string }
  | { type: 'outcome'; status: 'succeeded' | 'cancelled' }
  | { type: 'outcome'; status: 'failed'; code: string; message: string };

export const command: SedgeCommand = {
  usage: 'prepare [workflow]',
  summary: 'make the environments of the tools beforehand, so that a run does not wait for downloads',
  help: `  npx sedge prepare                 of all tools
  npx sedge prepare workflow.yml    of the tools that the workflow names; the file is checked too

An environment is named by its lock and made once. Exit codes: 0 all is there, 2 the workflow is wrong, 5 an environment can't be made.`,
  configure(command) {
    command.option('--set <name=value>', 'set a parameter or the place of an input; may be repeated', collect, []);
  },
  async run(context, args, options) {
    const api = await context.api();
    const names = args[0] ? await toolsOf(api, args[0], options['set'] as string[]) : await allTools(api);
    for (const name of names) await atStage(api, () => prepareTool(context, api, name));
    return EXIT.ok;
  },
};

async function toolsOf(api: ApiClient, file: string, set: string[]): Promise<string[]> {
  const answer = await api.post<CheckAnswer>('/v1/workflows/check', await readWorkflowRequest(file, set));
  if (answer.ok) return [...new Set(answer.workflow.steps.flatMap(({ tool }) => tool?.split('@')[0] ?? []))];
  const { mistakes } = answer;
  const message = `the workflow ${file} has ${counted(mistakes.length, 'mistake')}`;
  throw new CommandError('WORKFLOW_INVALID', message, EXIT.usage, 'mend what is listed', { mistakes });
}

async function allTools(api: ApiClient): Promise<string[]> {
  const { tools } = await atStage(api, () => api.get<{ tools: RegisteredTool[] }>('/v1/stages/tools'));
  return tools.map(({ definition }) => definition.name);
}

async function prepareTool(context: CommandContext, api: ApiClient, name: string): Promise<void> {
  const startedMs = Date.now();
  const live = context.isJson ? null : new LiveLines();
  const path = `/v1/stages/tools/${encodeURIComponent(name)}/prepare`;
  try {
    for await (const line of api.lines<Line>('POST', path, context.signal)) {
      context.emit({ tool: name, ...line });
      if (line.type === 'log') live?.update([`… ${name}  ${dim(line.message)}`]);
      if (line.type === 'outcome' && line.status === 'failed') {
        throw new CommandError(line.code, line.message, EXIT.environment, 'mend it, then run the command again');
      }
    }
  } finally {
    live?.end();
  }
  context.say(`${green('✓')} ${name}  ${dim(duration(Date.now() - startedMs))}`);
}
