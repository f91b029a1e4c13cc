import type { SedgeCommand } from '../command.js';
import { retryRun } from '../runs/run-requests.js';
import { leaveRun } from '../runs/leave-run.js';
import { finishRun, watchRun } from '../runs/watch-run.js';

export const command: SedgeCommand = {
  usage: 'retry <run>',
  summary: 'go on with a run that failed or was cancelled: what succeeded stays',
  help: `  npx sedge runs list               the runs there were
  npx sedge retry RUN

The workflow is the one that the run was started with; after changing the file use 'npx sedge run', which reuses what still fits.
Exit codes: 0 succeeded, 1 a step failed again (or the run has succeeded or is under way), 4 there is no such run, 130 interrupted.`,
  async run(context, args) {
    const api = await context.patientApi();
    const run = await retryRun(api, args[0]!);
    const ended = await watchRun(context, api, run);
    return ended === null ? leaveRun(context, api, run) : finishRun(context, api, ended);
  },
};
