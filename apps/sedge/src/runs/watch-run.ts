import { existsSync } from 'node:fs';
import type { ItemView, RunView } from '@sedge/workflow';
import type { ApiClient } from '../client/api-client.js';
import { ServerAwayError } from '../client/server-away.js';
import type { CommandContext } from '../command.js';
import { CommandError } from '../errors.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { shellWord } from '../output/shell-word.js';
import { dim } from '../output/terminal.js';
import { logTail, type LogLine } from './log-tail.js';
import { RunDisplay } from './run-display.js';
import { goOnText } from './go-on.js';
import { followRun, type RunEvent } from './run-events.js';
import { outcomeOf } from './run-outcome.js';
import { runSummaryText } from './run-summary.js';
import { StepTally } from './step-tally.js';

const LOG_LINES = 20;
const MOST_LOGS = 3;

/**
 * Shows a run until it has ended.
 * @param api with patience
 * @returns the ended run, or null when the user interrupted
 * @throws CommandError CLI_CONNECTION_LOST where the server stays away
 */
export async function watchRun(context: CommandContext, api: ApiClient, run: RunView): Promise<RunView | null> {
  const display = context.isJson ? null : new RunDisplay(new StepTally(run.items));
  try {
    for await (const event of followRun(api, run.id, context.signal, context.revive)) {
      context.emit(asLine(event));
      const ended = display?.handle(event);
      if (ended && hasRun(ended)) {
        display?.warn(await warningsOf(api, run.id, ended.name), context.complete(logCommand(run.id, ended)));
      }
    }
    return await api.get<RunView>(`/v1/runs/${run.id}`);
  } catch (error) {
    if (context.signal.aborted) return null;
    throw error instanceof ServerAwayError ? lost(run.id, error) : error;
  } finally {
    display?.end();
  }
}

/** The one who watched is gone, the run is not. */
function lost(run: string, { message }: ServerAwayError): CommandError {
  const mend = `follow it once the server answers: npx sedge status ${run} --follow`;
  const what = `the server does not answer any more (${message}); run ${run} itself goes on there`;
  return new CommandError('CLI_CONNECTION_LOST', what, EXIT.environment, mend, { run });
}

const logCommand = (run: string, { name }: ItemView): string => `npx sedge logs ${run} ${shellWord(name)}`;

/** What is reused was warned of when it was made. */
const hasRun = ({ job, state, decision }: ItemView): boolean =>
  job !== null && state === 'succeeded' && decision !== 'reused';

async function warningsOf(api: ApiClient, run: string, item: string): Promise<string[]> {
  const lines = await logTail(api, run, item, Infinity);
  return lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
}

function asLine(event: RunEvent): unknown {
  if (event.event === 'item') return { event: 'item', ...event.item };
  if (event.event === 'run') return { event: 'run', ...event.run };
  if (event.event === 'progress') return { event: 'progress', ...event.progress };
  if (event.event === 'waiting') return { event: 'waiting', ...event.waiting };
  return { event: 'end', ...event.end };
}

/** Tells what came of a run that has ended. @param again the command that starts it anew, with what was mended */
export async function finishRun(
  context: CommandContext,
  api: ApiClient,
  run: RunView,
  again = sameFile(run),
): Promise<ExitCode> {
  const outcome = await outcomeOf(api, run, context.dataDirectory, context.signal);
  if (!context.isJson) {
    await sayFailures(context, api, run);
    context.say(runSummaryText(outcome));
    if (run.state !== 'succeeded') context.say(`\n${context.complete(goOnText(run, again))}`);
  }
  context.emit({ event: 'outcome', ...outcome });
  return run.state === 'succeeded' ? EXIT.ok : EXIT.failed;
}

/** The name of the file is as it was given, perhaps in another folder, and some runs never had one. */
function sameFile({ file }: RunView): string {
  return existsSync(file) ? `npx sedge run ${shellWord(file)}` : 'the command that began it';
}

async function sayFailures(context: CommandContext, api: ApiClient, run: RunView): Promise<void> {
  const failed = run.items.filter((item) => item.state === 'failed').slice(0, MOST_LOGS);
  for (const item of failed) {
    const tail = item.job === null ? [] : await logTail(api, run.id, item.name, LOG_LINES);
    const lines = tail.filter((line) => !repeats(line, item));
    if (lines.length > 0) context.say(`\nThe log of ${item.name} ends so:`);
    for (const { level, message } of lines) context.say(dim(`    ${level.padEnd(5)} ${message}`));
    if (tail.length === LOG_LINES) context.say(dim(`    the whole log: ${context.complete(logCommand(run.id, item))}`));
  }
  // A missed expectation ends the run, in the words in which its step's line has told it.
  const isTold = run.items.some(({ name, failure }) => run.failure?.message === `${name}: ${failure?.message}`);
  if (run.failure && !isTold) context.say(`\n${run.failure.message}`);
}

/** The step's own line has said how it failed. */
function repeats({ level, message }: LogLine, { failure }: ItemView): boolean {
  return level === 'error' && failure !== null && message === `${failure.code}: ${failure.message}`;
}
