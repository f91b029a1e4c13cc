import { stringify } from 'yaml';
import { TRAINING_RECIPE } from './training-recipe.js';

/** Text of a workflow that makes a recognizer of recordings in one folder per class. @param from as it stands in the file */
export function audioWorkflow(name: string, from: string, classes: readonly string[]): string {
  const inline = (value: string | readonly string[]): string =>
    stringify(typeof value === 'string' ? plainText(value) : value.map(plainText), {
      collectionStyle: 'flow',
      flowCollectionPadding: false,
      lineWidth: 0,
    }).trim();
  const { architecture, iterations, ...recipe } = TRAINING_RECIPE;
  return `# From recordings in one folder per class to a program that recognizes them.
# Change what you like and run it again: only what changed is done again (npx sedge plan says what, npx sedge why says why).
name: ${inline(name)}
inputs:
  # a folder, an archive or an address; another one: --set source=PLACE
  source: { from: ${inline(from)} }
parameters:
  classes: ${inline(classes)}
  # the presets: npx sedge tools show train-pytorch
  architecture: ${architecture}
  # more of them train longer, and better as long as the validation accuracy rises
  iterations: ${iterations}
steps:
  recordings:
    tool: ingest-audio-folders
    in: { source: $inputs.source }
    with: { classes: $parameters.classes, clipMs: 1000 }
  features:
    tool: extract-mfcc
    in: { dataset: $recordings.dataset }
    with: { sampleRateHz: 16000, frameMs: 128, strideMs: 32, bands: 40 }
  model:
    tool: train-pytorch
    in: { features: $features.features, dataset: $recordings.dataset }
    with:
      architecture: $parameters.architecture
      iterations: $parameters.iterations
      # what follows makes few speakers stand for all; clips are also shifted, stretched and mixed with noise by default
${indented(recipe, 6)}
  accuracy:
    tool: benchmark-accuracy
    in: { model: $model.model, features: $features.features }
  application:
    tool: deploy-lne
    in: { model: $model.model, calibration: $features.features }
    with: { target: native }
  program:
    tool: build-application
    in: { application: $application.application }
  latency:
    tool: benchmark-latency
    in: { program: $program.program, model: $model.model }
`;
}

/** A text that begins with `$` would be a reference. */
const plainText = (text: string): string => (text.startsWith('$') ? `$${text}` : text);

function indented(values: object, spaces: number): string {
  const lines = Object.entries(values).map(([name, value]) => `${' '.repeat(spaces)}${name}: ${String(value)}`);
  return lines.join('\n');
}
