import type { RunView } from '@sedge/workflow';
import type { ApiClient } from '../client/api-client.js';
import type { CommandContext, SedgeCommand } from '../command.js';
import { readyInputs } from '../inputs/ready-inputs.js';
import { shellWord } from '../output/shell-word.js';
import { leaveRun } from '../runs/leave-run.js';
import { startRun } from '../runs/run-requests.js';
import { finishRun, watchRun } from '../runs/watch-run.js';
import { collect, readWorkflowRequest, type WorkflowRequest } from '../runs/workflow-request.js';

export const command: SedgeCommand = {
  usage: 'run <workflow>',
  summary: 'run a workflow file; what is there already is reused',
  help: `Checks the whole file first: nothing starts while anything in it is wrong. Steps whose result is there and verified are reused.

  npx sedge run examples/keyword-spotting/workflow.yml
  npx sedge run workflow.yml --set source=./recordings.tar.gz --set iterations=500
  npx sedge run workflow.yml --again model          run that step again although its result is there
  npx sedge run workflow.yml --json | tail -1       the outcome, with the application's id and path

--set gives a parameter or the place of an input by its name; relative paths start where you stand.
With --server, inputs that lie on this machine are brought to the server: once, since what it has by content is not sent again, and an upload
that was interrupted goes on. An absolute path that is not here is left to the server; file:///srv/words names what lies on its machine in any
case, and sha256:DIGEST a source that it has (npx sedge artifacts list --kind source).

  npx sedge run workflow.yml --server https://sedge.example.org --token-file my.token
  npx sedge run workflow.yml --server https://sedge.example.org --set source=file:///srv/words

With --json each event is a line {"event": "upload" | "input" | "run" | "item" | "progress" | "waiting" | "end", …}, and the last line is
{"event": "outcome", …}. "upload" has {"input", "doneBytes", "totalBytes"}, "input" {"input", "path", "artifact", "sizeBytes", "sentBytes"}.
Ctrl-C ends the run cleanly: finished steps are kept, and 'npx sedge retry RUN' or the same command goes on from there. A run in a Sedge that
was running before (npx sedge up, --server) goes on: Ctrl-C ends the watching only, and how to watch it again or to end it is said.
A server that is away for a while is waited for, a minute long.

Exit codes: 0 succeeded, 1 a step failed or missed an expectation (or somebody else cancelled it), 2 the workflow, --set or an input is
wrong, 130 interrupted.`,
  configure(command) {
    command
      .option('--set <name=value>', 'set a parameter or the place of an input; may be repeated', collect, [])
      .option(
        '--again <step>',
        "run a step again although its result is there, '*' for all; may be repeated",
        collect,
        [],
      );
  },
  async run(context, args, options) {
    const request = await readWorkflowRequest(args[0]!, options['set'] as string[]);
    const api = await context.patientApi();
    const ready = await readyInputs(context, api, request, options);
    const run = await startRun(api, { ...ready, again: options['again'] });
    await noteEarlierRuns(context, api, run);
    const ended = await watchRun(context, api, run);
    return ended === null ? leaveRun(context, api, run) : finishRun(context, api, ended, sameCommand(request));
  },
};

function sameCommand({ file, set }: WorkflowRequest): string {
  const assignments = Object.entries(set).map(([name, value]) => ` --set ${shellWord(`${name}=${value}`)}`);
  return `npx sedge run ${shellWord(file)}${assignments.join('')}`;
}

/** A run of the same file that a killed process left goes on as well; whoever doesn't want that should know. */
async function noteEarlierRuns(context: CommandContext, api: ApiClient, run: RunView): Promise<void> {
  const { runs } = await api.get<{ runs: RunView[] }>('/v1/runs?limit=20');
  for (const earlier of runs) {
    if (earlier.id === run.id || earlier.state !== 'running' || earlier.workflow !== run.workflow) continue;
    const ways = `watch that one: npx sedge status ${earlier.id} --follow; end it: npx sedge cancel ${earlier.id}`;
    context.say(
      `run ${earlier.id} of this workflow goes on too, and nothing is computed twice; ${context.complete(ways)}`,
    );
  }
}
