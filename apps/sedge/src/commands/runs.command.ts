import type { RunView } from '@sedge/workflow';
import { listRuns, runIdOf } from '../client/runs.js';
import type { CommandGroup, SedgeCommand } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { parseCount } from '../output/numbers.js';
import { runText, runsTable } from '../runs/run-table.js';

const list: SedgeCommand = {
  usage: 'list',
  summary: 'list the runs, newest first',
  help: `  npx sedge runs list
  npx sedge runs list --limit 5 --json              a line for each run: {"id", "workflow", "state", "createdAt", …}

Exit codes: 0 listed, 2 --limit is no count.`,
  configure(command) {
    command.option('--limit <count>', 'how many', '20');
  },
  async run(context, _args, options) {
    const runs = await listRuns(await context.api(), parseCount(options['limit'], '--limit', 10_000));
    for (const run of runs) context.emit(run);
    const none = context.complete('Nothing was run yet. Start one: npx sedge run WORKFLOW');
    context.say(runs.length > 0 ? runsTable(runs) : none);
    return EXIT.ok;
  },
};

const show: SedgeCommand = {
  usage: 'show [run]',
  summary: 'show a run with each of its steps; the newest run when none is named',
  help: `  npx sedge runs show
  npx sedge runs show mfz3k1x0abcd --json           all about it on one line

Exit codes: 0 shown, 4 there is no such run.`,
  async run(context, args) {
    const api = await context.api();
    const run = await api.get<RunView>(`/v1/runs/${await runIdOf(api, args[0])}`);
    context.emit(run);
    context.say(runText(run));
    return EXIT.ok;
  },
};

export const command: CommandGroup = {
  usage: 'runs',
  summary: 'the runs there were: list, show',
  help: `  npx sedge runs list
  npx sedge runs show RUN`,
  commands: [list, show],
};
