import type { RunView } from '@sedge/workflow';
import type { SedgeCommand } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { cancelRun } from '../runs/run-requests.js';

export const command: SedgeCommand = {
  usage: 'cancel <run>',
  summary: 'end a run; its jobs end unless other runs wait for them',
  help: `  npx sedge status                  the runs that are under way
  npx sedge cancel RUN

Finished steps are kept: 'npx sedge retry RUN' goes on from there. Cancelling a run that has ended changes nothing.
Exit codes: 0 cancelled, asked to end, or ended before, 4 there is no such run.`,
  async run(context, args) {
    const run = await cancelRun(await context.patientApi(), args[0]!);
    context.emit(run);
    context.say(context.complete(outcomeOf(run)));
    return EXIT.ok;
  },
};

/** Its jobs take a while to end. */
function outcomeOf({ id, state }: RunView): string {
  if (state === 'running')
    return `the cancellation of run ${id} was asked for; see when it has ended: npx sedge status ${id}`;
  return `run ${id} is ${state}${state === 'cancelled' ? `; go on from there: npx sedge retry ${id}` : ''}`;
}
