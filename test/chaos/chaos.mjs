// `npm run chaos`: many workflows run while a seeded script kills, cuts, pauses, duplicates and fills; then a checker looks at what is left.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readOptions } from './options.mjs';

const LEASE_S = 4;
const DISK_MB = { store: 1024, broker: 512, database: 512 };
/** Little enough for the disk of the database. */
const MAX_WAL_MB = 64;
const RUNS_AT_ONCE = 6;
/** A run that is not at its end so long after the last disturbance is stuck. */
const QUIET_MS = 120_000;
/** While the disturbances go on, a run may take long. */
const PATIENCE_MS = 900_000;
const REPLAY_MS = 300_000;

const options = readOptions();
process.chdir(resolve(import.meta.dirname, '..', '..'));
const ENVIRONMENTS = resolve('.cache', 'python');
await prepare();

const { Cluster, STAGES } = await import('../../tools/dev/distributed/cluster.mjs');
const { SmallDisk, canMount } = await import('@sedge/test-kit');
const { Api } = await import('./api.mjs');
const { check } = await import('./checker.mjs');
const { Disturbances } = await import('./disturbances.mjs');
const { Pace } = await import('./pace.mjs');
const { Publications } = await import('./publications.mjs');
const { between, randomNumbers } = await import('./random.mjs');
const { makeRecordings } = await import('./recordings.mjs');
const { replayAll, untilHandled } = await import('./replays.mjs');
const { TcpWire } = await import('./tcp-wire.mjs');
const { makeWorkflows } = await import('./workflows.mjs');

const { seed } = options;
const home = await mkdtemp(join(tmpdir(), 'sedge-chaos-'));
const ledger = join(home, 'executions');
const disks = canMount()
  ? Object.fromEntries(Object.entries(DISK_MB).map(([backEnd, sizeMb]) => [backEnd, new SmallDisk(sizeMb)]))
  : null;
const publications = new Publications(randomNumbers(seed + 2));
const wires = {};
const startedAt = Date.now();
const say = (text) => console.log(`${((Date.now() - startedAt) / 1000).toFixed(0).padStart(5)} s  ${text}`);
let cluster;
let disturbances;

async function prepare() {
  const { buildNative, buildTypescript } = await import('../../tools/dev/setup/steps.mjs');
  const { prepareServers } = await import('../../tools/dev/setup/servers.mjs');
  const { prepareToolEnvironments } = await import('../../tools/dev/setup/tool-environments.mjs');
  await buildTypescript();
  await buildNative();
  const missing = await prepareServers();
  if (missing.length > 0) throw new Error(missing.join('\n'));
  if (options.keywords > 0) {
    await prepareToolEnvironments(join('examples', 'keyword-spotting', 'workflow.yml'), ENVIRONMENTS);
  }
}

async function run() {
  const { workflows: count, kills, keywords, without } = options;
  say(`seed ${seed}: ${count} workflows, ${keywords} of them keyword spotting; ${kills} disturbances of each kind`);
  if (disks === null) say('no file system may be mounted here, so no disk gets full');
  const random = randomNumbers(seed);
  const archive = keywords > 0 ? makeRecordings(home) : null;
  const workflows = makeWorkflows({ count, keywords, archive, ledger, random });
  cluster = await startCluster(archive === null ? ['training'] : STAGES, without);
  const api = new Api(() => cluster.url, cluster.token);
  const tools = archive === null ? ['add-values'] : ['add-values', 'train-pytorch', 'benchmark-latency', 'deploy-lne'];
  await api.until(async () => {
    const there = (await api.get('/v1/tools')).tools.map(({ name }) => name);
    return tools.every((name) => there.includes(name));
  });
  say('all services are there');
  disturbances = new Disturbances({
    ...{ cluster, wires, publications, disks },
    random: randomNumbers(seed + 1),
    leaseS: LEASE_S,
  });
  const plan = disturbances.plan(kills);
  const pace = new Pace(count, plan.length);
  await Promise.all([disturb(plan, pace), runAll(api, workflows, pace)]);
  await disturbances.end();
  say('quiet now; waiting for the last');
  // One that does not end is for the checker to tell.
  for (const { run } of workflows) await api.ended(run, QUIET_MS).catch(() => undefined);
  await settle(api);
  say(`all ${await replayAll(cluster, random)} events come twice more, in another order`);
  await untilHandled(cluster, REPLAY_MS);
  await settle(api);
  return check({ cluster, api, workflows, ledger });
}

function startCluster(stages, without) {
  const sabotage = without
    ? { CHAOS_WITHOUT: without, NODE_OPTIONS: `--import=${join(import.meta.dirname, 'sabotage.mjs')}` }
    : {};
  return Cluster.start({
    home,
    inputs: [home],
    workers: options.workers,
    stages,
    environment: {
      SEDGE_TOOLS_DIR: join(import.meta.dirname, 'tools'),
      SEDGE_ENVIRONMENTS_DIR: ENVIRONMENTS,
      SEDGE_CORES: '2',
      SEDGE_LEASE_S: String(LEASE_S),
      SEDGE_RECONCILE_MS: '10000',
      ...sabotage,
    },
    wire: async (name, port) => {
      wires[name] = await TcpWire.to(port, name === 'nats' ? () => publications.stream() : undefined);
      return wires[name].port;
    },
    ...(disks && {
      folders: { nats: disks.broker.path, postgres: disks.database.path, s3: disks.store.path },
      maxWalMb: MAX_WAL_MB,
    }),
  });
}

async function disturb(plan, pace) {
  for (const kind of plan) {
    await pace.nextDisturbance();
    await sleep(between(disturbances.random, 100, 1500));
    if (process.env.CHAOS_VERBOSE) say(kind);
    await disturbances.make(kind);
  }
}

/** A few at a time; each is asked for until somebody has taken it, under a key, so that it is one run however often it is asked for. */
async function runAll(api, workflows, pace) {
  const waiting = [...workflows];
  let ended = 0;
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      await pace.nextWorkflow();
      next.run = await api.startRun(next.text, `chaos-${seed}-${next.number}`);
      await api.ended(next.run, PATIENCE_MS).catch(() => undefined);
      if (++ended % 10 === 0) say(`${ended} of ${workflows.length} workflows ended; ${pace.disturbances} disturbances`);
    }
  };
  await Promise.all(Array.from({ length: RUNS_AT_ONCE }, worker));
}

/** Paused workers wake up, late duplicates are handled, outboxes drain. */
async function settle(api) {
  await sleep((LEASE_S + 8) * 1000);
  await api.until(async () => (await api.call('/v1/health/ready')).status === 200);
  await untilHandled(cluster, QUIET_MS);
}

function summary(verdict) {
  const counts = Object.entries(disturbances?.counts ?? {}).map(([kind, number]) => `${kind} ${number}`);
  const took = ((Date.now() - startedAt) / 1000).toFixed(0);
  const without = options.without ? ` without ${options.without}` : '';
  return `chaos seed ${seed}${without}: ${options.workflows} workflows in ${took} s; ${counts.join(', ')}; ${verdict}`;
}

// Whoever ends the script wants what it mounted to be gone as well.
process.once('SIGTERM', () => process.exit(1)).once('SIGINT', () => process.exit(130));
process.once('exit', () => Object.values(disks ?? {}).forEach((disk) => disk.remove()));

let code = 1;
try {
  const faults = await run();
  for (const fault of faults) console.log(`FAULT ${fault}`);
  code = faults.length === 0 ? 0 : 1;
  console.log(summary(faults.length === 0 ? 'no fault' : `${faults.length} faults; logs in ${join(home, 'logs')}`));
} catch (error) {
  console.log(error.stack);
  console.log(summary(`stopped by an error: ${error.message.split('\n')[0]}; logs in ${join(home, 'logs')}`));
} finally {
  await cluster?.stop().catch(() => undefined);
  for (const wire of Object.values(wires)) await wire.close();
  if (code === 0) await rm(home, { recursive: true, force: true });
}
process.exit(code);
