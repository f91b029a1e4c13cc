// Throughput of real jobs, training and exploration, by one worker and by two: the same sweep with other seeds.
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import { stringify } from 'yaml';
import { Api } from '../chaos/api.mjs';
import { WORDS, makeRecordings } from '../chaos/recordings.mjs';

const ENVIRONMENTS = resolve('.cache', 'python');
const PATIENCE_MS = 1_800_000;
/** Some seconds of one core each, most of them computing. */
const TRAINING = { architecture: 'kws-cnn', iterations: 100, batchSize: 32 };
/**
 * All learn from one seed, so that they do the same: the first of each worker measures kernels and compiles programs, which are kept; each
 * learns anew, and times whole programs for some seconds. They are told apart by a budget that ends none of them early.
 */
const EXPLORATION = { seed: 1, rounds: 5, plugins: ['vector'] };
const LEAST_BUDGET_S = 3600;
/** They take a fraction of a training's time. */
const EXPLORATIONS_PER_TRAINING = 4;

/** What a cluster needs for these jobs: one core for each worker. */
export const REAL_STAGES = {
  stages: ['ingestion', 'training', 'deployment-optimizer'],
  environment: { SEDGE_CORES: '1', SEDGE_PARALLEL_STEPS: '64', SEDGE_ENVIRONMENTS_DIR: ENVIRONMENTS },
};

/** @param jobs of training that are measured with each number of workers, four times as many of exploration @param report told of each figure */
export async function realJobs(cluster, jobs, report) {
  const api = new Api(() => cluster.url, cluster.token);
  await api.until(async () => {
    const names = (await api.get('/v1/tools')).tools.map(({ name }) => name);
    return ['ingest-speech-commands', 'train-pytorch', 'explore-lne'].every((name) => names.includes(name));
  });
  const archive = makeRecordings(cluster.home);
  const numbersFrom = (first, count) => Array.from({ length: count }, (_, n) => first + n);
  const explorations = EXPLORATIONS_PER_TRAINING * jobs;
  // What the jobs read is made once, and each worker has done one job of each kind before it is measured.
  const startedAt = performance.now();
  await runOf(api, workflowOf(archive, [1], [1]));
  console.log(
    `real jobs: their inputs, and one of each, took ${((performance.now() - startedAt) / 1000).toFixed(0)} s`,
  );
  const single = {};
  for (const workers of [1, 2]) {
    for (const stage of ['training', 'deployment-optimizer'])
      while (cluster.copiesOf(stage).length < workers) await cluster.add(stage);
    const first = 1000 * workers;
    await runOf(api, workflowOf(archive, [1, first, first + 1], [1, first, first + 1]));
    const training = workflowOf(archive, [1, ...numbersFrom(first + 10, jobs)], []);
    const exploration = workflowOf(archive, [1], numbersFrom(first + 10, explorations));
    for (const [stage, tool, count, text] of [
      ['training', 'train-pytorch', jobs, training],
      ['deployment-optimizer', 'explore-lne', explorations, exploration],
    ]) {
      const throughput = await throughputOf(cluster, { stage, tool, count }, () => runOf(api, text));
      single[tool] ??= throughput;
      report({ tool, workers, throughput, times: throughput / single[tool] });
    }
  }
}

/** Explores the model of the first seed. @param explorations their numbers */
function workflowOf(archive, trainingSeeds, explorations) {
  const models = { tool: 'train-pytorch', in: { features: '$features.features' } };
  const steps = {
    recordings: { tool: 'ingest-speech-commands', in: { source: '$inputs.source' } },
    speech: { tool: 'partition-audio', in: { dataset: '$recordings.dataset' }, with: { words: WORDS } },
    features: {
      tool: 'extract-mfcc',
      in: { dataset: '$speech.dataset' },
      with: { sampleRateHz: 16000, frameMs: 128, strideMs: 32, bands: 40 },
    },
    first: { ...models, with: { ...TRAINING, seed: trainingSeeds[0] } },
    ...(trainingSeeds.length > 1 && { more: { ...models, with: TRAINING, sweep: { seed: trainingSeeds.slice(1) } } }),
    ...(explorations.length > 0 && {
      plans: {
        tool: 'explore-lne',
        in: { model: '$first.model' },
        with: EXPLORATION,
        sweep: { budgetS: explorations.map((number) => LEAST_BUDGET_S + number) },
      },
    }),
  };
  return stringify({ name: 'real-jobs', inputs: { source: { from: archive } }, steps });
}

async function runOf(api, text) {
  const id = await api.startRun(text, `scale-${Math.random()}`);
  await api.ended(id, PATIENCE_MS);
  const { state, failure, items } = await api.show(id);
  if (state !== 'succeeded') throw new Error(`${id} is ${state}: ${JSON.stringify(failure ?? items.at(-1))}`);
}

/** Jobs a second, from the first that starts to the last that ends. */
async function throughputOf(cluster, { stage, tool, count }, run) {
  const connection = await connect(cluster.brokerOptions());
  const times = { started: [], succeeded: [] };
  for (const [kind, list] of Object.entries(times)) {
    const subject = `sedge.job.${kind}.${stage}.${tool}`;
    connection.subscribe(subject, { callback: () => void list.push(performance.now()) });
  }
  await connection.flush();
  try {
    await run();
    for (let tries = 0; times.succeeded.length < count && tries < 100; tries++) await sleep(100);
    if (times.succeeded.length !== count)
      throw new Error(`${times.succeeded.length} jobs of ${tool} ended, not ${count}`);
    return count / ((Math.max(...times.succeeded) - Math.min(...times.started)) / 1000);
  } finally {
    await connection.close();
  }
}
