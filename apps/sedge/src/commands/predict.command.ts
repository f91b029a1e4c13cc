import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { CommandContext, SedgeCommand } from '../command.js';
import { CommandError } from '../errors.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { table } from '../output/table.js';
import { materializeArtifact } from '../program/application-folder.js';
import { buildProgram } from '../program/build-program.js';

/** What the program prints per file with `--json`. */
type Prediction =
  { file: string; label: string; score: number; scores: Record<string, number> } | { file: string; error: string };

export const command: SedgeCommand = {
  usage: 'predict <application> <files...>',
  summary: 'recognize recordings with a generated program',
  help: `APPLICATION is the id of an application or the folder of one; the program is built on first use.

  sedge predict ./my-application clip.wav
  sedge predict sha256:… recordings/*.wav --json

With --json each file gives a line {"file", "label", "score", "scores"}: label is one of the model's classes, scores sum to 1.
A file that can't be read gives {"file", "error"}, and the others go on.

Exit codes: 0 all recognized, 3 some could not be read.`,
  configure() {},
  async run(context, args) {
    const [application, ...files] = args as [string, ...string[]];
    const folder = await folderOf(context, application);
    const program = await buildProgram(folder, context.signal);
    const predictions = await predictFiles(program, files, context);
    if (!context.isJson) context.say(asTable(predictions));
    return predictions.some((prediction) => 'error' in prediction) ? EXIT.partial : EXIT.ok;
  },
};

async function folderOf(context: CommandContext, application: string): Promise<string> {
  if (existsSync(application) && statSync(application).isDirectory()) return application;
  if (!/^(sha256:)?[0-9a-f]{6,64}$/.test(application)) {
    throw new CommandError(
      'CLI_NOT_FOUND',
      `there is no folder '${application}', and it is no id`,
      EXIT.notFound,
      'list applications: sedge artifacts list --kind application',
    );
  }
  return materializeArtifact(await context.api(), application, join(context.dataDirectory, 'programs'), context.signal);
}

/** Runs the program once over all files and passes its lines on as they come. */
async function predictFiles(program: string, files: string[], context: CommandContext): Promise<Prediction[]> {
  const child = spawn(program, ['--json', ...files], { stdio: ['ignore', 'pipe', 'inherit'], signal: context.signal });
  const ended = new Promise<ExitCode | number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? EXIT.failed));
  });
  const predictions: Prediction[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const prediction = JSON.parse(line) as Prediction;
    predictions.push(prediction);
    context.emit(prediction);
  }
  const code = await ended;
  if (code !== EXIT.ok && code !== EXIT.partial) {
    throw new CommandError(
      'CLI_PROGRAM_FAILED',
      `${program} ended with ${code}`,
      EXIT.failed,
      `check it: ${program} --self-test`,
    );
  }
  return predictions;
}

function asTable(predictions: Prediction[]): string {
  const rows = predictions.map((prediction) =>
    'error' in prediction
      ? [prediction.file, '—', '', prediction.error]
      : [prediction.file, prediction.label, `${(prediction.score * 100).toFixed(1)} %`, runnersUp(prediction.scores)],
  );
  return table(['file', 'label', 'score', 'next'], rows);
}

/** The second and third class with their scores. */
function runnersUp(scores: Record<string, number>): string {
  return Object.entries(scores)
    .sort(([, a], [, b]) => b - a)
    .slice(1, 3)
    .map(([name, score]) => `${name} ${(score * 100).toFixed(1)} %`)
    .join(', ');
}
