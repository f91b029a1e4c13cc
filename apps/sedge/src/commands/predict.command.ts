import { existsSync, statSync } from 'node:fs';
import { artifactIdOf, looksLikeArtifactId, type ArtifactSummary } from '../client/artifacts.js';
import type { CommandContext, SedgeCommand } from '../command.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { table } from '../output/table.js';
import { shortId } from '../output/units.js';
import { crossBuildCommand } from '../program/cross-build.js';
import { layOutArtifact } from '../program/artifact-folder.js';
import { assertApplication, buildProgram, findProgram } from '../program/build-program.js';
import { recognize, type Prediction } from '../program/run-program.js';
import { layoutsDirectory } from '../program/layouts.js';

export const command: SedgeCommand = {
  usage: 'predict <application> <files...>',
  summary: 'recognize recordings with a generated program',
  help: `APPLICATION is the id of an application (or its beginning) or the folder of one; the program is built on first use. Recordings are WAV or
FLAC, at any sample rate.

  npx sedge predict ./my-application clip.wav
  npx sedge predict 3f2a91c0d4e5 recordings/*.flac --json
  npx sedge artifacts list --kind application       the applications there are

With --json each file gives a line {"file", "label", "score", "scores"}: label is one of the model's classes, score is the label's,
scores has every class and sums to 1. An application of several modules adds "outputs", and label is null where its conditions left all
scores out. A file that can't be read gives {"file", "error"}, and the others go on.

Exit codes: 0 all recognized, 1 the program can't be built or fails, 2 it is no application, or one for another kind of processor, 3 a file is
not there or can't be read (its line says why), 4 there is no such application, 5 CMake or the compiler is missing.`,
  async run(context, args) {
    const [application, ...files] = args as [string, ...string[]];
    const program = await programOf(context, await folderOf(context, application));
    const predictions: Prediction[] = [];
    for await (const prediction of recognize(program, files, context.signal)) {
      predictions.push(prediction);
      context.emit(prediction);
    }
    context.say(asTable(predictions));
    return predictions.some((prediction) => 'error' in prediction) ? EXIT.partial : EXIT.ok;
  },
};

async function programOf(context: CommandContext, folder: string): Promise<string> {
  const there = findProgram(folder);
  if (there !== null) return there;
  assertApplication(folder);
  context.say('Building the program; this happens once …');
  return buildProgram(folder, context.signal);
}

async function folderOf(context: CommandContext, application: string): Promise<string> {
  if (existsSync(application) && statSync(application).isDirectory()) return application;
  if (!looksLikeArtifactId(application)) {
    const message = `'${application}' is neither a folder nor an artifact id`;
    const mend = 'list the applications there are: npx sedge artifacts list --kind application';
    throw new CommandError('CLI_NOT_FOUND', message, EXIT.notFound, mend);
  }
  const api = await context.api();
  const id = await artifactIdOf(api, application);
  const { kind, metadata } = await api.get<ArtifactSummary>(`/v1/artifacts/${id}`);
  if (kind !== 'application' && kind !== 'program') {
    const mend = 'name an application: npx sedge artifacts list --kind application';
    throw new CommandError('CLI_NOT_AN_APPLICATION', `${id} is a ${kind}, no application`, EXIT.usage, mend);
  }
  await assertForHere(id, String(metadata?.['target'] ?? 'native'));
  return layOutArtifact(api, id, layoutsDirectory(context.dataDirectory), context.signal);
}

async function assertForHere(id: string, target: string): Promise<void> {
  const build = await crossBuildCommand('FOLDER', target);
  if (build === null) return;
  const message = `${shortId(id)} is for ${target}, and this machine builds no program for it`;
  const mend = `save its sources and cross-build them: npx sedge artifacts export ${shortId(id)} FOLDER --files; ${build}`;
  throw new CommandError('CLI_TARGET_FOREIGN', message, EXIT.usage, mend);
}

function asTable(predictions: Prediction[]): string {
  const rows = predictions.map((prediction) =>
    'error' in prediction
      ? [prediction.file, '—', '', prediction.error]
      : [prediction.file, prediction.label ?? '—', percent(prediction.score), runnersUp(prediction.scores)],
  );
  return table(['file', 'label', 'score', 'next'], rows);
}

const percent = (score: number | null): string => (score === null ? '' : `${(score * 100).toFixed(1)} %`);

/** The second and third class with their scores. */
function runnersUp(scores: Record<string, number>): string {
  return Object.entries(scores)
    .sort(([, a], [, b]) => b - a)
    .slice(1, 3)
    .map(([name, score]) => `${name} ${(score * 100).toFixed(1)} %`)
    .join(', ');
}
