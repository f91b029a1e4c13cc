import type { Plan } from '@sedge/workflow';
import type { SedgeCommand } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { assertInputsThere } from '../runs/input-places.js';
import { planText } from '../runs/plan-text.js';
import { collect, readWorkflowRequest } from '../runs/workflow-request.js';

export const command: SedgeCommand = {
  usage: 'plan <workflow>',
  summary: 'say what a run would do: the graph, what is reused, the expected time and disk',
  help: `Checks the file and brings its inputs in; runs nothing else.

  npx sedge plan workflow.yml
  npx sedge plan workflow.yml --set iterations=500

States: reuse (its result is there), run, unknown (depends on what has yet to run), await (for somebody else's artifact), fail.
Exit codes: 0 planned, 2 the workflow, --set or an input is wrong.`,
  configure(command) {
    command.option('--set <name=value>', 'set a parameter or the place of an input; may be repeated', collect, []);
  },
  async run(context, args, options) {
    const request = await readWorkflowRequest(args[0]!, options['set'] as string[]);
    const api = await context.api();
    if (options['server'] === undefined) await assertInputsThere(api, request);
    const plan = await api.post<Plan>('/v1/plans', request);
    context.emit(plan);
    context.say(planText(plan));
    return EXIT.ok;
  },
};
