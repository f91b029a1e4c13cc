// Workflows of real jobs, each with the end that it must come to whatever happens meanwhile.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { between, pick, shuffled } from './random.mjs';
import { WORDS } from './recordings.mjs';

/** Workflows among the sums that must fail, and how likely one shares its jobs with the one before. */
const FAILING = 0.2;
const SHARING = 0.25;
/** Sweeps of features among the workflows, where there are recordings. */
const FEATURES = 0.15;
const EXAMPLE = join('examples', 'keyword-spotting', 'workflow.yml');
/** Enough for a network that can be deployed. */
const ITERATIONS = 6;
const BATCH = 16;

/**
 * @param options.archive recordings; null leaves the workflows out that need some
 * @param options.ledger file in which each execution of a sum is noted
 * @returns for each its text, the state that the run must end in, and the value of reports by item name
 */
export function makeWorkflows({ count, keywords, archive, ledger, random }) {
  const features = archive === null ? 0 : Math.round((count - keywords) * FEATURES);
  const failing = Math.ceil((count - keywords - features) * FAILING);
  const kinds = [
    ...Array(keywords).fill(keywordSpotting),
    ...Array(features).fill(featureSweep),
    ...Array(failing).fill(failingSums),
    ...Array(count - keywords - features - failing).fill(sums),
  ];
  return shuffled(random, kinds).map((make, number) => ({ number, ...make(number, { archive, ledger, random }) }));
}

/** A sweep, its sum, and a chain behind it. Some are asked for by several workflows, which then share the jobs. */
function sums(number, { ledger, random }, isFailing = false) {
  const salt = random() < SHARING ? Math.max(0, number - 1) : number;
  const values = Array.from({ length: between(random, 2, 4) }, (_, n) => n + 1);
  const common = { salt, ledger };
  const swept = { ...common, pauseMs: between(random, 0, 8) * 50, sizeKb: between(random, 0, 3) * 64 };
  const sum = values.reduce((total, value) => total + value, 0);
  const steps = {
    many: { tool: 'add-values', with: swept, sweep: { value: values } },
    sum: { tool: 'add-values', in: { all: { all: '$many.report' } }, with: { ...common, value: 0 } },
    more: {
      tool: 'add-values',
      in: { all: { all: '$sum.report' } },
      with: { ...common, value: 1000, fail: isFailing },
    },
  };
  const expected = new Map([['sum', sum]]);
  if (!isFailing) expected.set('more', sum + 1000);
  const text = stringify({ name: `chaos-${number}`, steps });
  return { text, state: isFailing ? 'failed' : 'succeeded', expected };
}

/** The last step fails for good. */
const failingSums = (number, options) => sums(number, options, true);

/** Features of the clips in several sizes. */
function featureSweep(number, { archive, random }) {
  const frames = { frameMs: pick(random, [32, 64, 128]), strideMs: pick(random, [16, 24, 32]) };
  const steps = {
    recordings: { tool: 'ingest-speech-commands', in: { source: '$inputs.source' } },
    speech: { tool: 'partition-audio', in: { dataset: '$recordings.dataset' }, with: { words: WORDS } },
    features: {
      tool: 'extract-mfcc',
      in: { dataset: '$speech.dataset' },
      with: { sampleRateHz: 16000, ...frames },
      sweep: { bands: shuffled(random, [16, 20, 24, 32, 40]).slice(0, 3) },
    },
  };
  const text = stringify({ name: `chaos-${number}`, inputs: { source: { from: archive } }, steps });
  return { text, state: 'succeeded', expected: new Map() };
}

/** The example, trained briefly on few clips, so without the accuracy that it expects. */
function keywordSpotting(number, { archive }) {
  const workflow = parse(readFileSync(EXAMPLE, 'utf8'));
  workflow.name = `chaos-${number}`;
  workflow.inputs.source.from = archive;
  Object.assign(workflow.parameters, { words: WORDS, iterations: ITERATIONS });
  Object.assign(workflow.steps.model.with, { batchSize: BATCH, warmupIterations: 2, checkpointEvery: 2, seed: number });
  delete workflow.steps.accuracy.expect;
  return { text: stringify(workflow), state: 'succeeded', expected: new Map() };
}
