import type { Why } from '@sedge/workflow';
import { runIdOf } from '../client/runs.js';
import type { SedgeCommand } from '../command.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { bold, dim } from '../output/terminal.js';

export const command: SedgeCommand = {
  usage: 'why [run] [step]',
  summary: 'say why each step of a run ran again, or was reused',
  help: `  npx sedge why                     of the newest run
  npx sedge why RUN
  npx sedge why RUN model           of one step: the parameter, input or tool that changed, before → after

With --json: a line for each step, {"name", "decision", "reason", "changes": [{"of", "name", "before", "after"}]}.
Exit codes: 0 said, 4 there is no such run or step.`,
  async run(context, args) {
    const api = await context.api();
    const why = await api.get<Why>(`/v1/runs/${await runIdOf(api, args[0])}/why`);
    const items = why.items.filter(({ name, step }) => args[1] === undefined || [name, step].includes(args[1]));
    if (items.length === 0) {
      const mend = `its steps: ${[...new Set(why.items.map(({ step }) => step))].slice(0, 20).join(', ')}`;
      throw new CommandError('CLI_STEP_UNKNOWN', `the run ${why.run} has no step '${args[1]}'`, EXIT.notFound, mend);
    }
    for (const item of items) {
      context.emit(item);
      // The reason of a step that changed is the list of its changes, which says more with where each came from.
      context.say(`${bold(item.name)}: ${item.changes.length === 0 ? item.reason : 'changed'}`);
      for (const { text, madeBy } of item.changes) {
        context.say(dim(`    ${shortened(text)}${madeBy ? `   (made by ${madeBy})` : ''}`));
      }
    }
    return EXIT.ok;
  },
};

/** A digest inside a text, as lists show it. */
function shortened(text: string): string {
  return text.replace(/sha256:([0-9a-f]{12})[0-9a-f]{52}/g, '$1');
}
