// `npm run scale`: throughput over the number of workers, the time that is spent around a job, and a long queue.
// usage: npm run scale -- [--jobs 400] [--wait 200] [--workers 1,2,4,8] [--singles 300] [--queue 10000]
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';

process.chdir(resolve(import.meta.dirname, '..', '..'));
const { prepareServers } = await import('../../tools/dev/setup/servers.mjs');
const { Cluster } = await import('../../tools/dev/distributed/cluster.mjs');
const { ScaleClient, bareRoundTrips, bareThroughput } = await import('./client.mjs');

/** Transactions of the stage for one job: it is taken in, begun, and ended. */
const COMMITS_PER_JOB = 3;

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '400' },
    wait: { type: 'string', default: '200' },
    workers: { type: 'string', default: '1,2,4,8' },
    singles: { type: 'string', default: '300' },
    queue: { type: 'string', default: '10000' },
  },
});
const missing = await prepareServers();
if (missing.length > 0) throw new Error(missing.join('\n'));
const home = await mkdtemp(join(tmpdir(), 'sedge-scale-'));
let number = 0;
let cluster;
let client;

const median = (times) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];
const ms = (time) => `${time.toFixed(2)} ms`;

async function throughputOf(workers) {
  while (cluster.copiesOf('scale').length < workers) await cluster.add('scale');
  client.started.clear();
  client.succeeded.clear();
  await Promise.all(Array.from({ length: Number(values.jobs) }, () => client.ask(++number, Number(values.wait))));
  const first = Math.min(...client.started.values());
  const last = Math.max(...client.succeeded.values());
  return Number(values.jobs) / ((last - first) / 1000);
}

async function scale() {
  const ideal = 1000 / Number(values.wait);
  let single;
  for (const workers of values.workers.split(',').map(Number)) {
    const throughput = await throughputOf(workers);
    single ??= throughput;
    const ratio = throughput / single / workers;
    console.log(
      `${workers} workers: ${throughput.toFixed(2)} jobs/s, ${(throughput / single).toFixed(2)} times one worker (${ratio.toFixed(3)} k), ${((throughput / ideal / workers) * 100).toFixed(1)} % of what waiting alone allows`,
    );
  }
}

/** One job after the other, and beside it what it is made of: round trips of the broker, and commits that wait for the disk. */
async function overhead() {
  const count = Number(values.singles);
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
  const [job, trip, commit] = [jobs, trips, commits].map(median);
  console.log(`empty job, request to result event: median ${ms(job)}`);
  console.log(
    `one bare publish and consume: median ${ms(trip)}; ${COMMITS_PER_JOB} bare commits with fsync: median ${ms(commit)}`,
  );
  console.log(`ratio to their sum: ${(job / (trip + commit)).toFixed(2)}`);
}

const residentMb = (pid) => Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

async function longQueue() {
  const count = Number(values.queue);
  const before = cluster.services.map(({ pid }) => residentMb(pid));
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: count }, () => client.ask(++number, 0)));
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

try {
  cluster = await Cluster.start({
    home,
    stages: ['scale'],
    entries: { scale: join(import.meta.dirname, 'stage', 'main.js') },
    environment: { SEDGE_CORES: '1' },
  });
  client = await ScaleClient.open(cluster.brokerOptions());
  await Promise.all(Array.from({ length: 20 }, () => client.ask(++number, 0)));
  await overhead();
  await scale();
  await longQueue();
} finally {
  await client?.close();
  await cluster?.stop();
  await rm(home, { recursive: true, force: true });
}
process.exit(0);
