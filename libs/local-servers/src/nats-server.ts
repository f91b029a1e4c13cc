import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certificates } from './certificates.js';
import { findServer } from './server-programs.js';
import { freePort } from './free-port.js';
import { ServerProcess } from './server-process.js';

export interface NatsServerOptions {
  /** folder of its streams; absent: a temporary one, removed at the end */
  folder?: string;
  port?: number;
  /** where it is asked how it is; absent: nowhere */
  monitorPort?: number;
  /** speaks TLS only, with these */
  tls?: Certificates;
  /** further lines of its configuration, e.g. users and their permissions */
  configuration?: string;
}

/**
 * More than there is: a server that starts on a full disk would else take what is free then for its limit, and refuse every event for as
 * long as it lives, also when there is room again.
 */
const FILE_STORE = '1TB';
const MONITOR_TIMEOUT_MS = 5000;

/** A nats-server with JetStream on this machine. */
export class NatsServer {
  private constructor(
    readonly url: string,
    readonly process: ServerProcess,
    private readonly temporary: string | null,
  ) {}

  static async start({
    folder,
    port,
    monitorPort,
    tls,
    configuration = '',
  }: NatsServerOptions = {}): Promise<NatsServer> {
    const place = folder ?? (await mkdtemp(join(tmpdir(), 'sedge-nats-')));
    const listenAt = port ?? (await freePort());
    const file = join(place, 'nats.conf');
    // Others on this machine can't guess it, and see nothing of who is connected.
    const monitorPath = `/${randomBytes(18).toString('base64url')}`;
    const lines = [
      `listen: "127.0.0.1:${listenAt}"`,
      `server_name: sedge`,
      `jetstream { store_dir: ${JSON.stringify(join(place, 'jetstream'))}, max_memory_store: 256MB, max_file_store: ${FILE_STORE} }`,
      ...(monitorPort === undefined
        ? []
        : [`http: "127.0.0.1:${monitorPort}"`, `http_base_path: ${JSON.stringify(monitorPath)}`]),
      ...(tls ? [`tls { cert_file: ${JSON.stringify(tls.certFile)}, key_file: ${JSON.stringify(tls.keyFile)} }`] : []),
      configuration,
    ];
    // Users' passwords may be in it.
    await writeFile(file, '', { mode: 0o600 });
    await chmod(file, 0o600);
    await writeFile(file, lines.join('\n'));
    const process = new ServerProcess({
      name: 'nats-server',
      file: findServer('nats-server') ?? 'nats-server',
      args: ['-c', file],
      probe: () => greeted(listenAt),
      ...(monitorPort !== undefined && { faultOf: () => faultAt(`http://127.0.0.1:${monitorPort}${monitorPath}`) }),
    });
    const server = new NatsServer(
      `${tls ? 'tls' : 'nats'}://127.0.0.1:${listenAt}`,
      process,
      folder === undefined ? place : null,
    );
    await process.start();
    return server;
  }

  async stop(): Promise<void> {
    await this.process.stop();
    if (this.temporary !== null) await rm(this.temporary, { recursive: true, force: true });
  }
}

/** A server that could not write once stores nothing more until it is started again; it says so here alone. @returns why, or null */
async function faultAt(monitor: string): Promise<string | null> {
  const answer = await fetch(`${monitor}/healthz`, { signal: AbortSignal.timeout(MONITOR_TIMEOUT_MS) });
  return answer.ok ? null : ((await answer.json()) as { error: string }).error;
}

/** A NATS server speaks first: `INFO {…}`. */
function greeted(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1').once('error', reject);
    socket.once('data', (bytes) => {
      socket.destroy();
      if (bytes.toString('latin1').startsWith('INFO')) resolve();
      else reject(new Error('what listens there is no NATS server'));
    });
    socket.once('close', () => reject(new Error('closed')));
  });
}
