import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Certificates } from './certificates.js';
import { findServer } from './server-programs.js';
import { freePort } from './free-port.js';
import { ServerProcess, identityOf } from './server-process.js';

const run = promisify(execFile);

export interface PostgresServerOptions {
  /** folder of the cluster; absent: a temporary one, removed at the end */
  folder?: string;
  port?: number;
  /** false where what is committed need not survive a power cut; default true */
  fsync?: boolean;
  maxConnections?: number;
  /** how much of its journal it keeps at most, about; default: what its programs say, 1024 */
  maxWalMb?: number;
  /** of the administrator, as the cluster was made with; default: one that everybody knows */
  password?: string;
  /** takes connections over TLS only, with these */
  tls?: Certificates;
}

const ADMINISTRATOR = 'sedge';
const PASSWORD = 'sedge-on-this-machine';
const DATABASE = 'postgres';

/** A PostgreSQL server on this machine, with one database and an administrator. */
export class PostgresServer {
  private constructor(
    /** of the administrator */
    readonly url: string,
    readonly process: ServerProcess,
    private readonly temporary: string | null,
  ) {}

  static async start(options: PostgresServerOptions = {}): Promise<PostgresServer> {
    const place = options.folder ?? (await mkdtemp(join(tmpdir(), 'sedge-postgres-')));
    const programs = findServer('postgres') ?? '';
    const port = options.port ?? (await freePort());
    const user = userOfServer();
    const password = options.password ?? PASSWORD;
    await mkdir(place, { recursive: true });
    const cluster = join(place, 'cluster');
    if (!existsSync(join(cluster, 'PG_VERSION'))) await createCluster({ programs, place, cluster, user, password });
    const address = `postgres://${ADMINISTRATOR}:${encodeURIComponent(password)}@127.0.0.1:${port}/${DATABASE}`;
    const url = options.tls ? `${address}?sslmode=verify-full` : address;
    const settings = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      max_connections: String(options.maxConnections ?? 200),
      fsync: (options.fsync ?? true) ? 'on' : 'off',
      ...(options.maxWalMb !== undefined && { max_wal_size: `${options.maxWalMb}MB` }),
      ...(options.tls && (await encryptedOnly(place, options.tls))),
    };
    const process = new ServerProcess({
      name: 'postgres',
      file: join(programs, 'postgres'),
      args: [
        '-D',
        cluster,
        '-p',
        String(port),
        ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
      ],
      ...(user !== null && { user }),
      probe: () => answers(url, options.tls?.caFile),
      endSignal: 'SIGINT',
      // The processes of one that was killed need a moment to see it.
      passing: /pre-existing shared memory block/,
    });
    const server = new PostgresServer(url, process, options.folder === undefined ? place : null);
    await process.start();
    return server;
  }

  async stop(): Promise<void> {
    await this.process.stop();
    if (this.temporary !== null) await rm(this.temporary, { recursive: true, force: true });
  }
}

/** PostgreSQL refuses to run as root: then it runs as its own user, or as nobody. @returns null where this user will do */
function userOfServer(): string | null {
  if (userInfo().uid !== 0) return null;
  return spawnSync('id', ['postgres']).status === 0 ? 'postgres' : 'nobody';
}

interface ClusterOptions {
  programs: string;
  place: string;
  cluster: string;
  user: string | null;
  password: string;
}

async function createCluster({ programs, place, cluster, user, password }: ClusterOptions): Promise<void> {
  const passwordFile = join(place, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  await chmod(place, 0o755);
  await mkdir(cluster, { recursive: true });
  if (user !== null) await run('chown', [user, cluster, passwordFile]);
  const initdb = [join(programs, 'initdb'), '-D', cluster, '-U', ADMINISTRATOR, '--pwfile', passwordFile];
  const manners = ['--auth', 'scram-sha-256', '--no-sync', '--encoding', 'UTF8', '--locale', 'C'];
  const identity = user === null ? [] : ['setpriv', ...identityOf(user)];
  const [program, ...args] = [...identity, ...initdb, ...manners];
  await run(program!, args);
  await rm(passwordFile);
}

/** Settings by which nobody comes in without TLS. */
async function encryptedOnly(place: string, { certFile, keyFile }: Certificates): Promise<Record<string, string>> {
  const file = join(place, 'encrypted-only.conf');
  await writeFile(file, 'hostssl all all all scram-sha-256\n');
  return { ssl: 'on', ssl_cert_file: certFile, ssl_key_file: keyFile, hba_file: file };
}

async function answers(url: string, caFile: string | undefined): Promise<void> {
  const trusting = caFile === undefined ? url : `${url}&sslrootcert=${encodeURIComponent(caFile)}`;
  const client = new pg.Client({ connectionString: trusting, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
  } finally {
    await client.end().catch(() => undefined);
  }
}
