import type { RunView } from '@sedge/workflow';
import { listRuns } from '../client/runs.js';
import type { CommandContext, SedgeCommand } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { countsText, runText } from '../runs/run-table.js';
import { finishRun, watchRun } from '../runs/watch-run.js';

const RUNS_LOOKED_AT = 100;

export const command: SedgeCommand = {
  usage: 'status [run]',
  summary: 'say what is going on, or where a run stands',
  help: `  npx sedge status                  whether a Sedge process works on the data directory, and which runs are under way
  npx sedge status RUN              where the run stands
  npx sedge status RUN --follow     watch it until it ends; Ctrl-C ends the watching, not the run

Without a run nothing is started: where no process works, runs that are under way wait for the next one.
Exit codes: 0 (with --follow: as of npx sedge run), 4 there is no such run.`,
  configure(command) {
    command.option('--follow', 'watch the run until it ends');
  },
  async run(context, args, options) {
    if (args[0] === undefined) return overview(context);
    const isFollowed = options['follow'] === true;
    const api = await (isFollowed ? context.patientApi() : context.api());
    const run = await api.get<RunView>(`/v1/runs/${encodeURIComponent(args[0])}`);
    if (!isFollowed) {
      context.emit(run);
      context.say(runText(run));
      return EXIT.ok;
    }
    const ended = await watchRun(context, api, run);
    return ended === null ? EXIT.interrupted : finishRun(context, api, ended);
  },
};

async function overview(context: CommandContext): Promise<ExitCode> {
  const { dataDirectory, server } = context;
  const place = server === null ? { dataDirectory } : { server };
  if (!(await context.isServerRunning())) {
    context.emit({ ...place, isRunning: false, runs: [] });
    context.say(
      context.complete(
        `No Sedge process works on ${dataDirectory}. Start one: npx sedge up; or run something: npx sedge run WORKFLOW`,
      ),
    );
    return EXIT.ok;
  }
  const all = await listRuns(await context.api(), RUNS_LOOKED_AT);
  const runs = all.filter((run) => run.state === 'running');
  context.emit({ ...place, isRunning: true, runs });
  const where = server === null ? `A Sedge process works on ${dataDirectory}` : `Sedge answers at ${server}`;
  context.say(`${where}; ${runs.length === 0 ? 'no run is under way' : `${runs.length} under way`}.`);
  for (const { id, workflow, counts } of runs) context.say(`  ${id}  ${workflow}  ${countsText(counts)}`);
  return EXIT.ok;
}
