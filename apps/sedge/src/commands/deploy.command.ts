import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ApiClient } from '../client/api-client.js';
import type { SedgeCommand } from '../command.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { readyInputs } from '../inputs/ready-inputs.js';
import { shellWord } from '../output/shell-word.js';
import { copyApplication } from '../program/copy-application.js';
import { crossBuildCommand, isBuiltHere } from '../program/cross-build.js';
import { assertEmpty, assertFolderPlace } from '../program/named-place.js';
import { deployWorkflow } from '../project/deploy-workflow.js';
import { outcomeOf } from '../runs/run-outcome.js';
import { leaveRun } from '../runs/leave-run.js';
import { startRun } from '../runs/run-requests.js';
import { finishRun, watchRun } from '../runs/watch-run.js';

/** Features of shape [1, 40, 32]: 40 bands, and 1 + 1000 / 32 frames. */
const EXAMPLE_PREPROCESSING = `  {
    "tool": "extract-mfcc",
    "parameters": { "sampleRateHz": 16000, "clipMs": 1000, "frameMs": 128, "strideMs": 32, "bands": 40 }
  }`;

export const command: SedgeCommand = {
  usage: 'deploy <model>',
  summary: 'make an application straight of a model file (ONNX)',
  help: `Generates the C++ sources, builds them and lets the program prove itself on its own vectors.

  npx sedge deploy model.onnx
  npx sedge deploy model.onnx --to ./my-application         copy the sources there
  npx sedge deploy model.onnx --target aarch64 --to ./for-the-board
  npx sedge deploy other.onnx --classes yes,no,stop --preprocessing preprocessing.json

With --server the model is brought to the server, as by 'npx sedge run'.

For a processor of another kind than this machine's nothing is built here: the sources come with a toolchain file, and how to cross-build them
is said.

A model that Sedge trained carries its classes and preprocessing. Another one is refused unless both are given: --classes in the order of the
outputs, --preprocessing as a JSON file, for instance

${EXAMPLE_PREPROCESSING}

clipMs is the length of a clip; the other parameters are those of the tool (npx sedge tools show extract-mfcc), by their defaults where left out.
"normalization": {"mean": […], "std": […]} is added where the model wants x' = (x - mean) / std, with one number for each band.

Exit codes: 0 deployed, 1 the model can't be deployed (the message says why), 2 an option is wrong or --to can't be written, 4 there is no such file.`,
  configure(command) {
    command
      .option('--classes <names>', 'names of the outputs in their order, separated by commas')
      .option('--preprocessing <file>', 'JSON file that says how the input is made')
      .option('--output <kind>', 'what the outputs are: logits or softmax')
      .option('--target <target>', 'the processor', 'native')
      .option('--to <folder>', 'copy the application there');
  },
  async run(context, args, options) {
    const model = await existingFile(args[0]!);
    const folder = options['to'] as string | undefined;
    if (folder !== undefined) await assertNew(folder);
    const target = String(options['target']);
    const classes = parseClasses(options['classes'] as string | undefined);
    const outputKind = parseOutputKind(options['output'] as string | undefined);
    const api = await context.patientApi();
    const file = options['preprocessing'] as string | undefined;
    const preprocessing = file === undefined ? null : await preprocessingOf(file, api);
    const choices = { target, classes, preprocessing, outputKind };
    const workflow = deployWorkflow(model, choices, await isBuiltHere(target));
    const here = process.cwd();
    const request = { workflow, file: 'deploy.yml', baseDirectory: here, workingDirectory: here, set: {} };
    const run = await startRun(api, await readyInputs(context, api, request, options));
    const ended = await watchRun(context, api, run);
    if (ended === null) return leaveRun(context, api, run);
    if (folder !== undefined && ended.state === 'succeeded') {
      const { application } = await outcomeOf(api, ended, context.dataDirectory, context.signal);
      await copyApplication(application!.path, resolve(folder));
      const build = await crossBuildCommand(folder, target);
      context.say(`The sources are in ${folder}${build === null ? '' : `; to build them for ${target}:\n  ${build}`}`);
    }
    const code = await finishRun(context, api, ended, `npx sedge deploy ${shellWord(args[0]!)}`);
    if (ended.items.some((item) => item.failure?.code === 'DEPLOY_USE_UNKNOWN')) {
      context.say(
        'Say it on the command line: --classes yes,no,stop --preprocessing FILE.json (see: npx sedge deploy --help)',
      );
    }
    return code;
  },
};

/** Before anything runs: what is copied at the end must find its place. */
async function assertNew(folder: string): Promise<void> {
  await assertEmpty(folder);
  await assertFolderPlace(folder);
}

async function preprocessingOf(file: string, api: ApiClient): Promise<object> {
  // Loaded only when needed: the service is behind this import.
  const { readPreprocessing } = await import('../project/preprocessing-file.js');
  return readPreprocessing(file, api);
}

async function existingFile(file: string): Promise<string> {
  const found = await stat(file).catch(() => null);
  if (found?.isFile()) return resolve(file);
  const what = found ? `'${file}' is no file` : `there is no file '${file}'`;
  throw new CommandError('CLI_FILE_UNREADABLE', what, EXIT.notFound, 'name an ONNX file');
}

function parseClasses(text: string | undefined): string[] | null {
  if (text === undefined) return null;
  const classes = text.split(',').map((name) => name.trim());
  const isSound = classes.every((name) => name !== '') && new Set(classes).size === classes.length;
  if (isSound) return classes;
  const mend = 'write each name once, separated by commas: --classes yes,no,stop';
  throw new CommandError('CLI_BAD_CLASSES', `--classes '${text}' has an empty or doubled name`, EXIT.usage, mend);
}

function parseOutputKind(text: string | undefined): string | null {
  if (text === undefined || text === 'logits' || text === 'softmax') return text ?? null;
  throw new CommandError('CLI_BAD_OUTPUT', `--output '${text}' is not known`, EXIT.usage, 'write logits or softmax');
}
