import type { Digest } from '@sedge/artifact-contracts';
import { describe, expect, it } from 'vitest';
import { compileSample } from '../../test/sample-tools.js';
import { ItemGraph } from './item-graph.js';
import { jobOfItem } from './item-job.js';
import { ParameterChecker } from './parameter-checker.js';

const artifact = `sha256:${'0'.repeat(64)}` as Digest;
const known = { artifact: () => artifact, metrics: () => null };

/** The job of the last item of a workflow. */
function lastJob(text: string): ReturnType<typeof jobOfItem> {
  const compiled = compileSample(text);
  if ('mistakes' in compiled) throw new Error(JSON.stringify(compiled.mistakes));
  const { workflow } = compiled;
  return jobOfItem(new ItemGraph(workflow), workflow.itemCount - 1, known, new ParameterChecker());
}

describe('what a job is asked for with', () => {
  const collecting = (models: number): string => `name: collecting
inputs: { source: { from: ./data.tar.gz } }
steps:
  speech: { tool: ingest-speech-commands, in: { source: $inputs.source }, with: { words: [yes] } }
  features: { tool: extract-mfcc, in: { dataset: $speech.dataset } }
  model:
    tool: train-pytorch
    in: { features: $features.features }
    sweep: { seed: [${Array.from({ length: models }, (_, seed) => seed).join(', ')}] }
  compared: { tool: compare-models, in: { models: { all: $model.model } } }
`;
  const training = (characters: number): string => `name: training
inputs: { source: { from: ./data.tar.gz } }
steps:
  speech: { tool: ingest-speech-commands, in: { source: $inputs.source }, with: { words: [yes] } }
  features: { tool: extract-mfcc, in: { dataset: $speech.dataset } }
  model:
    tool: train-pytorch
    in: { features: $features.features }
    with: { architecture: ${'x'.repeat(characters)} }
`;

  it.each([
    ['artifacts', collecting(12_000), collecting(15_000)],
    ['characters', training(890_000), training(1_000_000)],
  ])('holds so many %s as an event of a broker carries, and no more', (_, fits, exceeds) => {
    expect(lastJob(fits)).toHaveProperty('job');
    expect(lastJob(exceeds)).toMatchObject({ failure: { code: 'WORKFLOW_JOB_TOO_LARGE' } });
  });
});
