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
  /** speaks TLS only, with these */
  tls?: Certificates;
  /** further lines of its configuration, e.g. users and their permissions */
  configuration?: string;
}

/** A nats-server with JetStream on this machine. */
export class NatsServer {
  private constructor(
    readonly url: string,
    readonly process: ServerProcess,
    private readonly temporary: string | null,
  ) {}

  static async start({ folder, port, tls, configuration = '' }: NatsServerOptions = {}): Promise<NatsServer> {
    const place = folder ?? (await mkdtemp(join(tmpdir(), 'sedge-nats-')));
    const listenAt = port ?? (await freePort());
    const file = join(place, 'nats.conf');
    const lines = [
      `listen: "127.0.0.1:${listenAt}"`,
      `server_name: sedge`,
      `jetstream { store_dir: ${JSON.stringify(join(place, 'jetstream'))}, max_memory_store: 256MB }`,
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
