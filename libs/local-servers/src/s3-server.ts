import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { get as getByHttp } from 'node:http';
import { get as getByHttps } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certificates } from './certificates.js';
import { findServer } from './server-programs.js';
import { freePort } from './free-port.js';
import { ServerProcess } from './server-process.js';

export interface S3ServerOptions {
  /** folder of its buckets; absent: a temporary one, removed at the end */
  folder?: string;
  port?: number;
  /** default: one that everybody knows */
  secretKey?: string;
  /** speaks TLS only, with these */
  tls?: Certificates;
}

const ACCESS_KEY = 'sedge';
const SECRET_KEY = 'sedge-on-this-machine';

/** VersityGW: an S3 server that keeps each object as a plain file, `<folder>/<bucket>/<key>`. */
export class S3Server {
  readonly accessKey = ACCESS_KEY;

  private constructor(
    readonly url: string,
    readonly secretKey: string,
    /** where the buckets lie, for tests that damage an object */
    readonly folder: string,
    readonly process: ServerProcess,
    private readonly temporary: string | null,
  ) {}

  static async start({ folder, port, tls, secretKey = SECRET_KEY }: S3ServerOptions = {}): Promise<S3Server> {
    const place = folder ?? (await mkdtemp(join(tmpdir(), 'sedge-s3-')));
    const buckets = join(place, 'buckets');
    await mkdir(buckets, { recursive: true });
    const listenAt = port ?? (await freePort());
    const url = `${tls ? 'https' : 'http'}://127.0.0.1:${listenAt}`;
    const process = new ServerProcess({
      name: 'versitygw',
      file: findServer('versitygw') ?? 'versitygw',
      args: [
        '--port',
        `127.0.0.1:${listenAt}`,
        ...(tls ? ['--cert', tls.certFile, '--key', tls.keyFile] : []),
        'posix',
        buckets,
      ],
      environment: { ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: secretKey },
      probe: () => answers(url, tls),
    });
    const server = new S3Server(url, secretKey, buckets, process, folder === undefined ? place : null);
    await process.start();
    return server;
  }

  async stop(): Promise<void> {
    await this.process.stop();
    if (this.temporary !== null) await rm(this.temporary, { recursive: true, force: true });
  }
}

async function answers(url: string, tls: Certificates | undefined): Promise<void> {
  const ca = tls && (await readFile(tls.caFile));
  await new Promise<void>((resolve, reject) => {
    // Only whether it answers: its certificate may be for another name.
    const asked = ca
      ? getByHttps(url, { ca, agent: false, checkServerIdentity: () => undefined })
      : getByHttp(url, { agent: false });
    asked.once('error', reject).once('response', (answer) => {
      answer.resume();
      resolve();
    });
  });
}
