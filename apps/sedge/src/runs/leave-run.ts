import type { RunView } from '@sedge/workflow';
import type { ApiClient } from '../client/api-client.js';
import type { CommandContext } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';

/** Ctrl-C: a run in a process of its own ends with it; one in a server that others may use goes on. Says how to go on in either case. */
export async function leaveRun(context: CommandContext, api: ApiClient, run: RunView): Promise<ExitCode> {
  const isOwn = await context.ownsServer();
  if (isOwn) {
    context.say('\nStopping: what is under way is brought to a clean end. Ctrl-C again ends it at once.');
    await api.post(`/v1/runs/${run.id}/cancel`);
    const retry = context.complete(`npx sedge retry ${run.id}`);
    context.say(`Stopped. Finished steps are kept. Go on from here: ${retry}, or run the same command again.`);
  } else {
    const ways = `Watch it: npx sedge status ${run.id} --follow; end it: npx sedge cancel ${run.id}`;
    context.say(`\nThe run goes on in the running Sedge. ${context.complete(ways)}`);
  }
  const state = isOwn ? 'cancelled' : 'running';
  const goOn = context.complete(isOwn ? `npx sedge retry ${run.id}` : `npx sedge status ${run.id} --follow`);
  context.emit({ event: 'outcome', run: run.id, workflow: run.workflow, state, goOn });
  return EXIT.interrupted;
}
