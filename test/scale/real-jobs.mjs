// Throughput of real jobs, training and exploration, by one worker and by two, in turn: the same sweep with other seeds.
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import { stringify } from 'yaml';
import { Api } from '../chaos/api.mjs';
import { WORDS, makeRecordings } from '../chaos/recordings.mjs';

const ENVIRONMENTS = resolve('.cache', 'python');
const PATIENCE_MS = 1_800_000;
/** How often a run is looked at; what is measured comes from events, and whoever asks often takes part of the cores. */
const LOOK_MS = 3000;
/** Some seconds of one core each, most of them computing. */
const TRAINING = { architecture: 'kws-cnn', iterations: 100, batchSize: 32 };
/**
 * Explorations as users start them, with all defaults. All learn from one seed, so that they do the same: the first of each worker measures
 * kernels and compiles programs, which are kept; each learns anew, and times whole programs for some seconds. They are told apart by a budget
 * that ends none of them early.
 */
const EXPLORATION = { seed: 1 };
const LEAST_BUDGET_S = 3600;
const WARM_UP = { iterations: 5 };
const FIRST_SEED = 1;
/** What is measured, and of what a workflow consists for some numbers; explorations take a fraction of a training's time. */
const KINDS = [
  { stage: 'training', tool: 'train-pytorch', times: 1, workOf: (seeds) => [{ seeds }, []] },
  { stage: 'deployment-optimizer', tool: 'explore-lne', times: 3, workOf: (numbers) => [{}, numbers] },
];

/** What a cluster needs for these jobs: one core for each worker. */
export const REAL_STAGES = {
  stages: ['ingestion', 'training', 'deployment-optimizer'],
  environment: { SEDGE_CORES: '1', SEDGE_PARALLEL_STEPS: '64', SEDGE_ENVIRONMENTS_DIR: ENVIRONMENTS },
};

/**
 * Each round measures one worker and two, and what the machine itself makes of a second process, right after one another: machines do not keep
 * their pace for long.
 * @param jobs of training that are measured in each round with each number of workers, three times as many of exploration
 * @param machine measures how many times as much two processes that compute do at once as one alone
 * @param report told of each figure
 */
export async function realJobs(cluster, { jobs, rounds }, machine, report) {
  const api = new Api(() => cluster.url, cluster.token);
  await api.until(async () => {
    const names = (await api.get('/v1/tools')).tools.map(({ name }) => name);
    return ['ingest-speech-commands', 'train-pytorch', 'explore-lne'].every((name) => names.includes(name));
  });
  const archive = makeRecordings(cluster.home);
  let last = FIRST_SEED;
  const next = (count) => Array.from({ length: count }, () => ++last);
  // What the jobs read is made once.
  const startedAt = performance.now();
  await runOf(api, workflowOf(archive, {}, [FIRST_SEED]));
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  console.log(`real jobs: their inputs, and one of each, took ${seconds} s`);
  for (let round = 1; round <= rounds; round++) {
    report({ round, machine: await machine() });
    for (const workers of [1, 2]) {
      for (const { stage } of KINDS) await useWorkers(cluster, stage, workers);
      // Each worker has done one job of each kind before it is measured.
      await runOf(api, workflowOf(archive, { ...WARM_UP, seeds: next(workers) }, next(workers)));
      for (const { stage, tool, times, workOf } of KINDS) {
        const count = times * jobs;
        const text = workflowOf(archive, ...workOf(next(count)));
        const throughput = await throughputOf(cluster, { stage, tool, count }, () => runOf(api, text));
        report({ round, tool, workers, throughput });
      }
    }
  }
}

/** Has as many copies of a stage run. */
async function useWorkers(cluster, stage, workers) {
  while (cluster.copiesOf(stage).length < workers) await cluster.add(stage);
  for (const [n, copy] of cluster.copiesOf(stage).entries()) {
    if (n < workers && !copy.isRunning) await copy.start();
    if (n >= workers && copy.isRunning) await copy.stop();
  }
}

/**
 * Explores the model of the first seed.
 * @param training seeds of what is trained besides, and parameters that differ
 * @param explorations their numbers
 */
function workflowOf(archive, { seeds = [], ...training }, explorations) {
  const models = { tool: 'train-pytorch', in: { features: '$features.features' } };
  const steps = {
    recordings: { tool: 'ingest-speech-commands', in: { source: '$inputs.source' } },
    speech: { tool: 'partition-audio', in: { dataset: '$recordings.dataset' }, with: { words: WORDS } },
    features: {
      tool: 'extract-mfcc',
      in: { dataset: '$speech.dataset' },
      with: { sampleRateHz: 16000, frameMs: 128, strideMs: 32, bands: 40 },
    },
    first: { ...models, with: { ...TRAINING, seed: FIRST_SEED } },
    ...(seeds.length > 0 && { more: { ...models, with: { ...TRAINING, ...training }, sweep: { seed: seeds } } }),
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
  await api.ended(id, PATIENCE_MS, LOOK_MS);
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
