// `npm run scale`: throughput over the number of workers, the time that is spent around a job, and a long queue.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { readOptions } from './options.mjs';

/** Transactions of the stage for one job: it is taken in, begun, and ended. */
const COMMITS_PER_JOB = 3;
/** Short jobs that each worker has done before it is measured: a process that has just started compiles its own code at first. */
const WARM_UP_JOBS = 30;
const WARM_UP_WAIT_MS = 20;
const MACHINE = 'processes that compute, without services';
const options = readOptions();
const { parts } = options;

process.chdir(resolve(import.meta.dirname, '..', '..'));
const { buildNative, buildTypescript } = await import('../../tools/dev/setup/steps.mjs');
await buildTypescript();
await buildNative();
const { prepareServers } = await import('../../tools/dev/setup/servers.mjs');
const { prepareToolEnvironments } = await import('../../tools/dev/setup/tool-environments.mjs');
const missing = await prepareServers();
if (missing.length > 0) throw new Error(missing.join('\n'));
const { Cluster } = await import('../../tools/dev/distributed/cluster.mjs');
const { ScaleClient, bareRoundTrips, bareThroughput, prepareBare } = await import('./client.mjs');
const { REAL_STAGES, realJobs } = await import('./real-jobs.mjs');
const { sideBySide } = await import('./computing.mjs');
const home = await mkdtemp(join(tmpdir(), 'sedge-scale-'));
let number = 0;
let cluster;
let client;

function medianOf(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
const ms = (time) => `${time.toFixed(2)} ms`;

/** Asks for jobs all at once. @returns a promise of the end of all */
const ask = (count, waitMs) => Promise.all(Array.from({ length: count }, () => client.ask(++number, waitMs)));

async function throughputOf(workers) {
  while (cluster.copiesOf('scale').length < workers) await cluster.add('scale');
  await ask(WARM_UP_JOBS * workers, WARM_UP_WAIT_MS);
  client.started.clear();
  client.succeeded.clear();
  await ask(options.jobs, options.waitMs);
  const first = Math.min(...client.started.values());
  const last = Math.max(...client.succeeded.values());
  return options.jobs / ((last - first) / 1000);
}

async function throughput() {
  const ideal = 1000 / options.waitMs;
  let single;
  for (const workers of options.workers) {
    const found = await throughputOf(workers);
    single ??= found;
    const ratio = found / single / workers;
    console.log(
      `${workers} workers: ${found.toFixed(2)} jobs/s, ${(found / single).toFixed(2)} times one worker (${ratio.toFixed(3)} k), ${((found / ideal / workers) * 100).toFixed(1)} % of what waiting alone allows`,
    );
  }
}

/** One job after the other, and beside it what it is made of: round trips of the broker, and commits that wait for the disk. */
async function overhead() {
  const count = options.singles;
  const database = new pg.Client({ connectionString: cluster.postgres.url });
  // What ends the measurement early ends the server too: that is not worth another error.
  database.on('error', () => undefined);
  await database.connect();
  await database.query('CREATE TABLE bare (n int)');
  const jobs = [];
  const commits = [];
  for (let n = 0; n < count; n++) {
    let startedAt = performance.now();
    await client.ask(++number, 0);
    jobs.push(performance.now() - startedAt);
    startedAt = performance.now();
    for (let commit = 0; commit < COMMITS_PER_JOB; commit++) await database.query('INSERT INTO bare VALUES (1)');
    commits.push(performance.now() - startedAt);
  }
  const trips = await bareRoundTrips(client, count);
  await database.end();
  const [job, trip, commit] = [jobs, trips, commits].map(medianOf);
  console.log(`empty job, request to result event: median ${ms(job)}`);
  console.log(
    `one bare publish and consume: median ${ms(trip)}; ${COMMITS_PER_JOB} bare commits with fsync: median ${ms(commit)}`,
  );
  console.log(`ratio to their sum: ${(job / (trip + commit)).toFixed(2)}`);
}

const residentMb = (pid) => Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

async function longQueue() {
  const count = options.queue;
  const before = cluster.services.map(({ pid }) => residentMb(pid));
  const startedAt = performance.now();
  await ask(count, 0);
  const seconds = (performance.now() - startedAt) / 1000;
  const after = cluster.services.map(({ pid }) => residentMb(pid));
  console.log(`${count} queued jobs drained in ${seconds.toFixed(1)} s, ${(count / seconds).toFixed(0)} jobs/s`);
  for (const [n, { name }] of cluster.services.entries())
    console.log(`  ${name}: most memory before ${before[n].toFixed(0)} MB, after ${after[n].toFixed(0)} MB`);
  // Each job is five events: requested, queued, started, succeeded, and what the consumers of workflow take.
  const bare = await bareThroughput(client, count);
  console.log(
    `events: ${((3 * count) / seconds).toFixed(0)} durable ones a second through outbox, broker and inbox; bare JetStream ${bare.toFixed(0)}`,
  );
}

async function waitingJobs() {
  cluster = await Cluster.start({
    home: join(home, 'waiting'),
    stages: ['scale'],
    entries: { scale: join(import.meta.dirname, 'stage', 'main.js') },
    environment: { SEDGE_CORES: '1' },
  });
  client = await ScaleClient.open(cluster.brokerOptions());
  await prepareBare(client);
  await ask(WARM_UP_JOBS, 0);
  if (parts.includes('overhead')) await overhead();
  if (parts.includes('throughput')) await throughput();
  if (parts.includes('queue')) await longQueue();
}

async function realOnes() {
  const { environment, stages } = REAL_STAGES;
  await prepareToolEnvironments(
    join('examples', 'keyword-spotting', 'workflow.yml'),
    environment.SEDGE_ENVIRONMENTS_DIR,
  );
  const machine = sideBySide(environment.SEDGE_ENVIRONMENTS_DIR);
  cluster = await Cluster.start({ home: join(home, 'real'), inputs: [home], stages, environment });
  const ratios = new Map();
  const note = (name, ratio) => ratios.set(name, [...(ratios.get(name) ?? []), ratio]);
  let single = {};
  await realJobs(cluster, { jobs: options.real, rounds: options.rounds }, machine, ({ round, ...found }) => {
    if (found.machine !== undefined) {
      single = {};
      note(MACHINE, found.machine);
      console.log(`round ${round}: ${MACHINE}: ${found.machine.toFixed(2)} times one alone`);
      return;
    }
    const { tool, workers, throughput } = found;
    single[tool] ??= throughput;
    const times = throughput / single[tool];
    if (workers > 1) note(tool, times);
    console.log(
      `round ${round}: ${tool}, ${workers} workers of one core: ${throughput.toFixed(3)} jobs/s, ${times.toFixed(2)} times one worker`,
    );
  });
  for (const [name, list] of ratios) console.log(summary(name, list));
}

/** A line of the median of the rounds, for two workers, and between what they lie. */
function summary(name, list) {
  const [least, most] = [Math.min(...list), Math.max(...list)];
  const words = name === MACHINE ? 'one alone' : 'one worker';
  const k = name === MACHINE ? '' : `: ${(medianOf(list) / 2).toFixed(3)} k`;
  return `${name}, two beside one: ${medianOf(list).toFixed(2)} times ${words} (${least.toFixed(2)} to ${most.toFixed(2)}, ${list.length} rounds)${k}`;
}

async function closeAll() {
  await client?.close();
  await cluster?.stop();
  client = cluster = undefined;
}

try {
  if (parts.some((part) => part !== 'real')) await waitingJobs();
  await closeAll();
  if (parts.includes('real')) await realOnes();
} finally {
  await closeAll();
  await rm(home, { recursive: true, force: true });
}
process.exit(0);
