// What the chaos script does to a running Sedge: one disturbance after the other, each undone after a moment.
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { between, pick } from './random.mjs';

const STREAM = 'SEDGE_EVENTS';

export class Disturbances {
  counts = { service: 0, broker: 0, database: 0, store: 0, cut: 0, pause: 0, duplicate: 0, disk: 0 };

  /** @param options.leaseS after which a silent worker has lost its job */
  constructor({ cluster, wires, smallDisk, random, leaseS }) {
    Object.assign(this, { cluster, wires, smallDisk, random, leaseS });
  }

  /** Kinds of kills of which there have been fewer than wanted. */
  missing(kills) {
    return ['service', 'broker', 'database'].filter((kind) => this.counts[kind] < kills);
  }

  /** @param wanted kinds that are still to be done often */
  async next(wanted) {
    const all = ['service', 'service', 'broker', 'database', 'store', 'cut', 'cut', 'pause', 'duplicate', 'duplicate'];
    const kinds = this.smallDisk ? [...all, 'disk'] : all;
    const kind = wanted.length > 0 && this.random() < 0.5 ? pick(this.random, wanted) : pick(this.random, kinds);
    await this[kind]();
    this.counts[kind]++;
    return kind;
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

  async cut() {
    pick(this.random, Object.values(this.wires)).cut();
  }

  /** A worker that stands still for longer than its lease, and then goes on as if nothing had been. */
  async pause() {
    const stages = this.cluster.services.filter(({ service }) => service !== 'workflow');
    const victim = pick(this.random, stages);
    victim.signal('SIGSTOP');
    await sleep((this.leaseS + 2) * 1000);
    victim.signal('SIGCONT');
  }

  /** Events that were published long ago come once more, in another order, as if the broker had forgotten that it had them. */
  async duplicate() {
    const connection = await connect(this.cluster.brokerOptions());
    try {
      const manager = await jetstreamManager(connection);
      const { state } = await manager.streams.info(STREAM);
      for (let n = between(this.random, 1, 10); n > 0 && state.messages > 0; n--) {
        const seq = between(this.random, state.first_seq, state.last_seq);
        const message = await manager.streams.getMessage(STREAM, { seq }).catch(() => null);
        if (message) connection.publish(message.subject, message.data);
      }
      await connection.flush();
    } finally {
      await connection.close();
    }
  }

  async disk() {
    this.smallDisk.fill();
    await this.#moment(500, 2000);
    this.smallDisk.free();
  }

  async #killServer(server) {
    await server.process.kill();
    await this.#moment(0, 2000);
    await persist(() => server.process.start());
  }

  #moment(least, most) {
    return sleep(between(this.random, least, most));
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
