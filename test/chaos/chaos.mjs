// `npm run chaos`: many workflows run while a seeded script kills, cuts, pauses, duplicates and fills; then a checker looks at what is left.
// usage: npm run chaos -- [--seed N] [--workflows N] [--kills N] [--workers N] [--without outbox|inbox|fencing]
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

process.chdir(resolve(import.meta.dirname, '..', '..'));
const { prepareServers } = await import('../../tools/dev/setup/servers.mjs');
const { Cluster } = await import('../../tools/dev/distributed/cluster.mjs');
const { SmallDisk, canMount } = await import('@sedge/test-kit');
const { Api } = await import('./api.mjs');
const { check } = await import('./checker.mjs');
const { Disturbances } = await import('./disturbances.mjs');
const { between, randomNumbers } = await import('./random.mjs');
const { TcpWire } = await import('./tcp-wire.mjs');
const { makeWorkflow } = await import('./workflows.mjs');

const LEASE_S = 4;
const DISK_MB = 1024;
const RUNS_AT_ONCE = 6;
/** A run that is not at its end so long after the last disturbance is stuck. */
const QUIET_MS = 60_000;
/** While the disturbances go on, a run may take long. */
const PATIENCE_MS = 600_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    workflows: { type: 'string', default: '200' },
    kills: { type: 'string', default: '20' },
    workers: { type: 'string', default: '2' },
    without: { type: 'string' },
  },
});
const [seed, count, kills, workers] = ['seed', 'workflows', 'kills', 'workers'].map((name) => Number(values[name]));
if (![seed, count, kills, workers].every((number) => Number.isInteger(number) && number >= 0))
  throw new Error('--seed, --workflows, --kills and --workers are whole numbers');

const missing = await prepareServers();
if (missing.length > 0) throw new Error(missing.join('\n'));

const home = await mkdtemp(join(tmpdir(), 'sedge-chaos-'));
const smallDisk = canMount() ? new SmallDisk(DISK_MB) : null;
const wires = {};
const startedAt = Date.now();
const say = (text) => console.log(`${((Date.now() - startedAt) / 1000).toFixed(0).padStart(5)} s  ${text}`);
let cluster;

async function run() {
  say(`seed ${seed}: ${count} workflows, at least ${kills} kills of services, broker and database each`);
  const sabotage = values.without
    ? { CHAOS_WITHOUT: values.without, NODE_OPTIONS: `--import=${join(import.meta.dirname, 'sabotage.mjs')}` }
    : {};
  cluster = await Cluster.start({
    home,
    workers,
    stages: ['training'],
    environment: {
      SEDGE_TOOLS_DIR: join(import.meta.dirname, 'tools'),
      SEDGE_CORES: '2',
      SEDGE_LEASE_S: String(LEASE_S),
      SEDGE_RECONCILE_MS: '10000',
      ...sabotage,
    },
    wire: async (name, port) => (wires[name] = await TcpWire.to(port)).port,
    ...(smallDisk && { s3Folder: smallDisk.path }),
  });
  const api = new Api(() => cluster.url, cluster.token);
  await api.until(async () => (await api.get('/v1/tools')).tools.some(({ name }) => name === 'add-values'));
  const random = randomNumbers(seed);
  const workflows = Array.from({ length: count }, (_, number) => makeWorkflow(number, random));
  const disturbances = new Disturbances({ cluster, wires, smallDisk, random, leaseS: LEASE_S });
  const state = { isOver: false };
  const disturbing = disturb(disturbances, random, state);
  await runAll(api, workflows);
  state.isOver = true;
  await disturbing;
  say('quiet now; waiting for the last');
  // One that does not end is for the checker to tell.
  for (const { run } of workflows) await api.ended(run, QUIET_MS).catch(() => undefined);
  await settle(api);
  const faults = await check(cluster, api, workflows);
  return { faults, counts: disturbances.counts };
}

async function disturb(disturbances, random, state) {
  while (!state.isOver || disturbances.missing(kills).length > 0) {
    await sleep(between(random, 200, 2500));
    const kind = await disturbances.next(disturbances.missing(kills));
    if (process.env.CHAOS_VERBOSE) say(kind);
  }
}

/** A few at a time; each is asked for until somebody has taken it, under a key, so that it is one run however often it is asked for. */
async function runAll(api, workflows) {
  const waiting = [...workflows];
  let ended = 0;
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      next.run = await api.startRun(next.text, `chaos-${seed}-${next.number}`);
      await api.ended(next.run, PATIENCE_MS).catch(() => undefined);
      if (++ended % 10 === 0) say(`${ended} of ${workflows.length} workflows ended`);
    }
  };
  await Promise.all(Array.from({ length: RUNS_AT_ONCE }, worker));
}

/** Paused workers wake up, late duplicates are handled, outboxes drain. */
async function settle(api) {
  await sleep((LEASE_S + 8) * 1000);
  await api.until(async () => (await api.call('/v1/health/ready')).status === 200);
}

// Whoever ends the script wants what it mounted to be gone as well.
process.once('SIGTERM', () => process.exit(1)).once('SIGINT', () => process.exit(130));
process.once('exit', () => smallDisk?.remove());

let code = 1;
try {
  const { faults, counts } = await run();
  for (const fault of faults) console.log(`FAULT ${fault}`);
  const done = Object.entries(counts).map(([kind, number]) => `${kind} ${number}`);
  const verdict = faults.length === 0 ? 'no fault' : `${faults.length} faults`;
  const took = ((Date.now() - startedAt) / 1000).toFixed(0);
  console.log(`chaos seed ${seed}: ${count} workflows in ${took} s; ${done.join(', ')}; ${verdict}`);
  code = faults.length === 0 ? 0 : 1;
} catch (error) {
  console.log(error.stack);
  console.log(
    `chaos seed ${seed}: stopped by an error: ${error.message.split('\n')[0]}; logs in ${join(home, 'logs')}`,
  );
} finally {
  await cluster?.stop().catch(() => undefined);
  for (const wire of Object.values(wires)) await wire.close();
  if (code === 0) await rm(home, { recursive: true, force: true });
}
process.exit(code);
