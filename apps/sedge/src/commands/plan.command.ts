import type { Plan } from '@sedge/workflow';
import type { SedgeCommand } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { readyInputs } from '../inputs/ready-inputs.js';
import { planText } from '../runs/plan-text.js';
import { collect, readWorkflowRequest } from '../runs/workflow-request.js';

export const command: SedgeCommand = {
  usage: 'plan <workflow>',
  summary: 'say what a run would do: the graph, what is reused, the expected time and disk',
  help: `Checks the file and brings its inputs in, as 'npx sedge run' does (--server: from this machine, too); runs nothing else.

  npx sedge plan workflow.yml
  npx sedge plan workflow.yml --set iterations=500

States: reuse (its result is there), run, unknown (depends on what has yet to run), await (for somebody else's artifact), fail.
Exit codes: 0 planned, 2 the workflow, --set or an input is wrong.`,
  configure(command) {
    command.option('--set <name=value>', 'set a parameter or the place of an input; may be repeated', collect, []);
  },
  async run(context, args, options) {
    const request = await readWorkflowRequest(args[0]!, options['set'] as string[]);
    const api = await context.patientApi();
    const plan = await api.post<Plan>('/v1/plans', await readyInputs(context, api, request, options));
    context.emit(plan);
    context.say(planText(plan));
    return EXIT.ok;
  },
};
