// NATS, PostgreSQL, an S3 server and every service as processes of their own on this machine: what `npm run up:distributed` starts, and tests.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { provisionServices, urlFor } from '@sedge/adapter-postgres';
import { NatsServer, PostgresServer, S3Server, makeCertificates } from '@sedge/local-servers';
import {
  AccessFolder,
  BrokerUsers,
  DataDirectoryBusyError,
  lockDataDirectory,
  writeSecretFile,
} from '@sedge/composition';
import { stagesWithTools } from '../stages.mjs';
import { Ports } from './ports.mjs';
import { ServiceProcess } from './service-process.mjs';

const ROOT = resolve(import.meta.dirname, '..', '..', '..');
export const BUCKET = 'sedge-artifacts';

/** Tokens are made anew at each start. */
const TOKEN_MS = 365 * 86_400_000;

/** Services that do jobs, and have some to do: of these there may be many. */
export const STAGES = stagesWithTools();

export class Cluster {
  /** @type {ServiceProcess[]} */
  services = [];
  #addresses = {};
  #tokens = [];
  #unlock = null;
  #ports;

  /**
   * @param options.home folder of everything that it keeps
   * @param options.folders where back ends keep what they have, by `nats`, `postgres` and `s3`; default in home
   * @param options.maxWalMb how much of its journal the database keeps at most
   * @param options.workers copies of each stage; or how many of which, by its name, and one of the others
   * @param options.stages which stages there are; default all that have tools
   * @param options.inputs folders from which inputs are taken; default the shipped examples
   * @param options.port of the API, behind which those of the others follow; 0 takes free ones. They stay from start to start
   * @param options.environment further settings of every service
   * @param options.wire gives the port by which services reach a back end, for its name and own port; default: its own
   * @param options.entries main files of services that are none of ours, by name
   * @param options.outsiders who else may be at the broker: workers of tools, bystanders (Party of event-contracts)
   * @param options.tls whether the back ends speak TLS only, with a certificate that is made here
   * @param options.teams the team that owns a stage, by its name
   * @param options.say takes lines about services that had to be killed
   * @param options.fsync false where what is committed need not survive a power cut
   */
  static async start(options) {
    const cluster = new Cluster(options);
    try {
      await cluster.#start();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  constructor({ home, workers = 1, stages = STAGES, port = 0, environment = {}, fsync = true, entries = {}, ...more }) {
    Object.assign(this, {
      home: resolve(home),
      workers,
      stages,
      port,
      environment,
      fsync,
      entries,
      inputs: [join(ROOT, 'examples')],
      teams: {},
      outsiders: [],
      ...more,
    });
  }

  /** Address of the API that users talk to. */
  get url() {
    return this.services.find(({ service }) => service === 'workflow').url;
  }

  /** The back ends, by the names of their programs. */
  get servers() {
    return { 'nats-server': this.nats, postgres: this.postgres, versitygw: this.s3 };
  }

  copiesOf(service) {
    return this.services.filter((copy) => copy.service === service);
  }

  async #start() {
    const at = (name) => join(this.home, name);
    this.#unlock = await lock(this.home);
    this.#ports = await Ports.open(at('ports.json'), { from: this.port, say: this.say });
    this.access = new AccessFolder(at('access'));
    await this.access.makeKeys();
    this.token = await this.tokenFor({ subject: 'operator', scope: 'admin' });
    this.tokenFile = await this.#secret('operator.token', this.token);
    const folders = { nats: at('nats'), postgres: at('postgres'), s3: at('s3'), ...this.folders };
    for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true });
    this.backEnds = await this.#backEnds(at('access'), folders.postgres);
    this.brokerUsers = await BrokerUsers.open(join(at('access'), 'broker-users.json'), this.#parties());
    const tls = this.tls ? await makeCertificates({ folder: join(at('access'), 'tls'), days: 365 }) : undefined;
    this.caFile = tls?.caFile ?? null;
    const ports = { nats: await this.#ports.of('nats-server') };
    ports.postgres = await this.#ports.of('postgres');
    ports.s3 = await this.#ports.of('versitygw');
    ports.monitor = await this.#ports.of('nats-server monitor');
    [this.nats, this.postgres, this.s3] = await Promise.all([
      NatsServer.start({
        folder: folders.nats,
        port: ports.nats,
        monitorPort: ports.monitor,
        tls,
        configuration: this.brokerUsers.configuration,
      }),
      PostgresServer.start({
        folder: folders.postgres,
        port: ports.postgres,
        tls,
        password: this.backEnds.postgres,
        fsync: this.fsync,
        maxConnections: 500,
        maxWalMb: this.maxWalMb,
      }),
      S3Server.start({ folder: folders.s3, port: ports.s3, tls, secretKey: this.backEnds.s3 }),
    ]);
    for (const name of ['nats', 'postgres', 's3']) this.#addresses[name] = await this.#throughWire(name);
    await this.brokerUsers.prepare(this.nats.url, this.caFile);
    this.accounts = ['workflow', ...this.stages].map((service) => accountOf(service));
    await provisionServices(this.postgres.url, this.accounts, this.caFile);
    const copies = this.stages.flatMap((stage) =>
      Array.from({ length: this.#copiesWanted(stage) }, (_, n) => [stage, n + 1]),
    );
    for (const [service, number] of [['workflow', 1], ...copies]) {
      this.services.push(await this.#define(service, number, service === 'workflow' ? this.port : 0));
    }
    await Promise.all(this.services.map((service) => service.start()));
  }

  #copiesWanted(stage) {
    return typeof this.workers === 'number' ? this.workers : (this.workers[stage] ?? 1);
  }

  #parties() {
    const stages = this.stages.map((stage) => ({ kind: 'stage', stage }));
    return [{ kind: 'workflow' }, ...stages, ...this.outsiders];
  }

  /** How a user of the broker reaches it. */
  brokerUrlFor(user) {
    return this.brokerUsers.urlFor(user, this.#addresses.nats);
  }

  /** How a client of @nats-io reaches the broker as its operator, or another user. */
  brokerOptions(user) {
    const tls = this.caFile === null ? {} : { tls: { caFile: this.caFile } };
    return { servers: this.nats.url, ...this.brokerUsers.credentialsOf(user), ...tls };
  }

  /** An access token of this cluster. */
  async tokenFor({ subject, scope = 'read', team = null, expiresAt = new Date(Date.now() + TOKEN_MS) }) {
    const issuedAt = new Date(Math.min(Date.now(), expiresAt.getTime() - 1000));
    const token = await this.access.token({ subject, scope, team }, { issuedAt, expiresAt });
    this.#tokens.push(token);
    return token;
  }

  /** Secrets of the database's administrator and the store, kept from start to start. A database of an earlier version has the one that everybody knows. */
  async #backEnds(access, postgres) {
    const known = JSON.parse(await readFile(join(access, 'back-ends.json'), 'utf8').catch(() => '{}'));
    const isOld = existsSync(join(postgres, 'cluster', 'PG_VERSION')) && !('postgres' in known);
    const secrets = {
      ...(!isOld && { postgres: randomBytes(18).toString('base64url') }),
      s3: randomBytes(18).toString('base64url'),
      ...known,
    };
    await this.#secret('back-ends.json', JSON.stringify(secrets));
    return secrets;
  }

  /** All that must be seen nowhere. */
  async secrets() {
    const { d } = JSON.parse(await readFile(this.access.signingKeyFile, 'utf8'));
    const users = this.brokerUsers.names.map((user) => this.brokerUsers.credentialsOf(user).pass);
    return [
      d,
      ...users,
      ...this.accounts.map(({ password }) => password),
      ...Object.values(this.backEnds),
      ...this.#tokens,
    ];
  }

  async #secret(name, text) {
    const file = join(this.access.folder, name);
    await writeSecretFile(file, text);
    return file;
  }

  /** Starts one more copy of a stage. */
  async add(stage) {
    const copy = await this.#define(stage, this.copiesOf(stage).length + 1, 0);
    this.services.push(copy);
    await copy.start();
    return copy;
  }

  async #define(service, number, port) {
    const name = `${service}-${number}`;
    const listenAt = port === 0 ? await this.#ports.of(name) : port;
    const environment = {
      SEDGE_HOME: join(this.home, 'services', name),
      SEDGE_ENVIRONMENTS_DIR: join(this.home, 'environments'),
      SEDGE_PORT: String(listenAt),
      SEDGE_URL: `http://127.0.0.1:${listenAt}`,
      SEDGE_ACCESS_KEYS: this.access.keysFile,
      SEDGE_INPUT_FOLDERS: this.inputs.join(':'),
      SEDGE_TOKEN_FILE: await this.#secret(`${service}.token`, await this.tokenFor({ subject: `service:${service}` })),
      SEDGE_TEAMS: Object.entries(this.teams)
        .map((pair) => pair.join('='))
        .join(','),
      ...this.backEndsFor(service),
      ...this.environment,
    };
    const entry = this.entries[service] ?? join(ROOT, 'apps', service, 'dist', 'main.js');
    const logDirectory = join(this.home, 'logs');
    return new ServiceProcess({ name, service, entry, environment, logDirectory, say: this.say });
  }

  async #throughWire(name) {
    const url = new URL(this[name].url);
    if (this.wire) url.port = String(await this.wire(name, Number(url.port)));
    return url.toString().replace(/\/$/, '');
  }

  /** How a service reaches its back ends, each with an account of its own where there is one. */
  backEndsFor(service) {
    const account = this.accounts.find(({ schema }) => schema === schemaOf(service));
    return {
      ...(this.caFile !== null && { SEDGE_CA_FILE: this.caFile }),
      SEDGE_EVENTS: 'nats',
      SEDGE_NATS_URL: this.brokerUrlFor(service),
      SEDGE_STATE: 'postgres',
      SEDGE_DATABASE_URL: urlFor(this.#addresses.postgres, account),
      SEDGE_ARTIFACTS: 's3',
      SEDGE_S3_URL: `${this.#addresses.s3}/${BUCKET}`,
      SEDGE_S3_ACCESS_KEY: this.s3.accessKey,
      SEDGE_S3_SECRET_KEY: this.s3.secretKey,
    };
  }

  /** Ends the services first, which hand back what they are at, then what is behind them. */
  async stop() {
    await Promise.all(this.services.map((service) => service.stop()));
    await Promise.all([this.nats, this.postgres, this.s3].map((server) => server?.stop()));
    await this.#unlock?.();
    this.#unlock = null;
  }
}

/** Nothing is written before the folder is ours: another one's servers run on what lies there. */
async function lock(home) {
  try {
    return await lockDataDirectory(home);
  } catch (error) {
    const [what, mend] =
      error instanceof DataDirectoryBusyError
        ? [
            `another up:distributed works on ${home}`,
            'use it, end it (Ctrl-C where it runs), or choose another --data-dir',
          ]
        : [error.message, error.mend];
    throw Object.assign(new Error(mend === undefined ? what : `${what}: ${mend}`, { cause: error }), { exitCode: 5 });
  }
}

const schemaOf = (service) => service.replaceAll('-', '_');

function accountOf(service) {
  const schema = schemaOf(service);
  return { schema, user: `sedge_${schema}`, password: randomBytes(18).toString('base64url') };
}
