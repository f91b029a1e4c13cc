// What the chaos script does to a running Sedge: one disturbance after the other, each undone after a moment.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { between, pick, shuffled } from './random.mjs';
import { replaySome } from './replays.mjs';

/** How long a worker may take to end a job before the disturbance that waits for it does without. */
const END_MS = 3000;
const LOOK_MS = 10;
/** From one full disk to the next: a job is tried four times within half a minute, then the disk counts as full for good. */
const ROOM_MS = 8000;

const KINDS = {
  service: 'a service is killed',
  broker: 'the broker is killed',
  database: 'the database is killed',
  store: 'the store is killed',
  unpublished:
    'the workers of a stage are killed when they have committed results that the broker, which is away, does not have',
  cut: 'all connections to a back end are cut',
  pause: 'a worker stands still for longer than its lease',
  duplicate: 'events of long ago come once more',
  reorder: 'events come in another order, and some twice',
  disk: 'the disk of the store is full for a moment',
  brokerDisk: 'the disk of the broker is full for a moment',
  databaseDisk: 'the disk of the database is full for a moment',
};
/** The kinds that need small disks. */
const FULL = ['disk', 'brokerDisk', 'databaseDisk'];
/** How long a broker that is free again is asked whether it stores events. */
const FAULT_MS = 3000;
const FAULT_LOOK_MS = 500;

export class Disturbances {
  counts = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, 0]));
  #beside = new Set();
  #freedAt = 0;

  /** @param options.leaseS after which a silent worker has lost its job @param options.disks of the back ends, by `store`, `broker` and `database`; null where none can be had */
  constructor({ cluster, wires, publications, disks, random, leaseS }) {
    Object.assign(this, { cluster, wires, publications, disks, random, leaseS });
  }

  /** So many of each kind, in an order that the seed gives. */
  plan(each) {
    const kinds = Object.keys(KINDS).filter((kind) => !FULL.includes(kind) || this.disks !== null);
    return shuffled(this.random, Array(each).fill(kinds).flat());
  }

  async make(kind) {
    this.counts[kind]++;
    await this[kind]();
  }

  /** What goes on beside the others is over. */
  async end() {
    await Promise.all(this.#beside);
  }

  async service() {
    const victim = pick(this.random, this.cluster.services);
    await victim.kill();
    await this.#moment(0, 1500);
    await persist(() => victim.start());
  }

  broker() {
    return this.#killServer(this.cluster.nats);
  }

  database() {
    return this.#killServer(this.cluster.postgres);
  }

  store() {
    return this.#killServer(this.cluster.s3);
  }

  async unpublished() {
    const otherwise = pick(this.random, this.cluster.stages);
    await this.cluster.nats.process.kill();
    const copies = this.cluster.copiesOf((await this.#stageThatEndsAJob()) ?? otherwise);
    await Promise.all(copies.map((copy) => copy.kill()));
    await persist(() => this.cluster.nats.process.start());
    await Promise.all(copies.map((copy) => persist(() => copy.start())));
  }

  async cut() {
    pick(this.random, Object.values(this.wires)).cut();
  }

  /** It goes on as if nothing had been, while the next disturbances come. */
  async pause() {
    const victim = pick(
      this.random,
      this.cluster.services.filter(({ service }) => service !== 'workflow'),
    );
    const { pid } = victim;
    victim.signal('SIGSTOP');
    const over = sleep((this.leaseS + 2) * 1000).then(() => {
      if (victim.pid === pid) victim.signal('SIGCONT');
      this.#beside.delete(over);
    });
    this.#beside.add(over);
  }

  duplicate() {
    return replaySome(this.cluster, this.random, between(this.random, 5, 30));
  }

  reorder() {
    return this.publications.reorder(between(this.random, 500, 1500));
  }

  async disk() {
    await sleep(Math.max(0, this.#freedAt + ROOM_MS - Date.now()));
    await this.#fill(this.disks.store);
    this.#freedAt = Date.now();
  }

  /** One that could not write stores nothing more until it is started again, which `up:distributed` does. */
  async brokerDisk() {
    const { process } = this.cluster.nats;
    await this.#fill(this.disks.broker);
    for (const deadline = Date.now() + FAULT_MS; Date.now() < deadline; await sleep(FAULT_LOOK_MS)) {
      if ((await process.fault()) !== null) await process.stop();
      if (!process.isRunning) await persist(() => process.start());
    }
  }

  /** It ends where its journal finds no room, and is started again. */
  async databaseDisk() {
    const { process } = this.cluster.postgres;
    await this.#fill(this.disks.database);
    if (!process.isRunning) await persist(() => process.start());
  }

  async #fill(disk) {
    disk.fill();
    await this.#moment(500, 2000);
    disk.free();
  }

  async #killServer(server) {
    await server.process.kill();
    await this.#moment(0, 2000);
    await persist(() => server.process.start());
  }

  #moment(least, most) {
    return sleep(between(this.random, least, most));
  }

  /** @returns the stage that is the next to commit the end of a job; null when none does for long */
  async #stageThatEndsAJob() {
    const { stages, postgres } = this.cluster;
    const client = new pg.Client({ connectionString: postgres.url });
    const counts = stages.map(
      (stage) => `(SELECT count(*)::int FROM ${stage.replaceAll('-', '_')}.attempt WHERE outcome = 'succeeded')`,
    );
    const ended = async () => (await client.query(`SELECT ARRAY[${counts}] AS ended`)).rows[0].ended;
    await client.connect();
    try {
      const before = await ended();
      for (const deadline = Date.now() + END_MS; Date.now() < deadline; await sleep(LOOK_MS)) {
        const now = await ended();
        const first = stages.find((_, n) => now[n] > before[n]);
        if (first !== undefined) return first;
      }
      return null;
    } finally {
      await client.end();
    }
  }
}

/** What was killed may need a moment before it can be started again. */
async function persist(work) {
  for (let tries = 1; ; tries++) {
    const failure = await work().then(
      () => null,
      (error) => error,
    );
    if (failure === null) return;
    if (tries === 20) throw failure;
    await sleep(500);
  }
}
