import type { RunView } from '@sedge/workflow';
import type { ApiClient } from '../client/api-client.js';
import type { CommandContext, SedgeCommand } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { bold, dim, red, yellow } from '../output/terminal.js';
import { readStepLog, type LogLine } from '../runs/log-tail.js';

export const command: SedgeCommand = {
  usage: 'logs <run> [step]',
  summary: "print what a run's steps said",
  help: `  npx sedge logs RUN                every step that ran
  npx sedge logs RUN model          one step
  npx sedge logs RUN 'model[seed=2]' --attempt 1

A step whose result was reused shows the log of the job that made it. With --json: {"step", "time", "level", "message"}.
Exit codes: 0 printed, 4 there is no such run or step.`,
  configure(command) {
    command.option('--attempt <number>', 'of which attempt; the last one when left out');
  },
  async run(context, args, options) {
    const api = await context.api();
    const [run, step] = args as [string, string | undefined];
    const attempt = options['attempt'] === undefined ? null : String(options['attempt']);
    const id = encodeURIComponent(run);
    const steps = step === undefined ? await stepsWithJobs(api, id) : [step];
    for (const name of steps) printLog(context, name, await readStepLog(api, id, name, attempt), steps.length > 1);
    return EXIT.ok;
  },
};

async function stepsWithJobs(api: ApiClient, run: string): Promise<string[]> {
  const { items } = await api.get<RunView>(`/v1/runs/${run}`);
  return items.filter((item) => item.job !== null).map((item) => item.name);
}

function printLog(context: CommandContext, step: string, lines: LogLine[], withHead: boolean): void {
  if (withHead) context.say(bold(step));
  for (const line of lines) {
    context.emit({ step, ...line });
    const colour = line.level === 'error' ? red : line.level === 'warn' ? yellow : dim;
    context.say(`${dim(line.time.slice(11, 19))} ${colour(line.level.padEnd(5))} ${line.message}`);
  }
}
