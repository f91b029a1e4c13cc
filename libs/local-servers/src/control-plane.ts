import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { findServer } from './server-programs.js';
import { freePort } from './free-port.js';
import { ServerProcess } from './server-process.js';

/** What a test may do with whatever an API server answers. */
export interface ClusterAnswer {
  status: number;
  body: Record<string, unknown>;
}

const ADMINISTRATOR = 'administrator-of-this-test';
/** What the tests need of kube-controller-manager: pods of Jobs, removal of what an owner leaves, accounts. */
const CONTROLLERS = [
  ...['job-controller', 'garbage-collector-controller', 'ttl-after-finished-controller'],
  ...['serviceaccount-controller', 'namespace-controller', 'root-ca-certificate-publisher-controller'],
];

/**
 * The control plane of a Kubernetes cluster on this machine: etcd, kube-apiserver and kube-controller-manager. It has no nodes: nothing
 * runs in it unless somebody plays the kubelet.
 */
export class ControlPlane {
  private readonly processes: ServerProcess[] = [];

  private constructor(
    readonly url: string,
    private readonly folder: string,
  ) {}

  /** PEM file of the authority that vouches for the API server. */
  get caFile(): string {
    return join(this.folder, 'certificates', 'apiserver.crt');
  }

  /** File of the token of somebody who may do everything. */
  get tokenFile(): string {
    return join(this.folder, 'token');
  }

  static async start(): Promise<ControlPlane> {
    const folder = await mkdtemp(join(tmpdir(), 'sedge-kubernetes-'));
    const [etcd, peer, port] = [await freePort(), await freePort(), await freePort()];
    const plane = new ControlPlane(`https://127.0.0.1:${port}`, folder);
    try {
      await plane.prepare();
      await plane.startEtcd(etcd, peer);
      await plane.startApi(port, etcd);
      await plane.startControllers();
    } catch (error) {
      await plane.stop();
      throw error;
    }
    return plane;
  }

  async stop(): Promise<void> {
    for (const process of this.processes.reverse()) await process.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Calls the API as its administrator. */
  call(method: string, path: string, json?: unknown, contentType = 'application/json'): Promise<ClusterAnswer> {
    const body = json === undefined ? undefined : JSON.stringify(json);
    return new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${ADMINISTRATOR}`,
        ...(body && { 'content-type': contentType, 'content-length': Buffer.byteLength(body) }),
      };
      // The certificate is the server's own, made at its start.
      const options = { method, headers, rejectUnauthorized: false };
      const asked = request(new URL(path, this.url), options, (answer) => {
        const status = answer.statusCode ?? 0;
        text(answer).then((words) => resolve({ status, body: parse(words) }), reject);
      });
      asked.once('error', reject).end(body);
    });
  }

  private async prepare(): Promise<void> {
    const key = join(this.folder, 'accounts.key');
    execFileSync('openssl', ['genrsa', '-out', key, '2048'], { stdio: 'ignore' });
    await writeFile(join(this.folder, 'tokens.csv'), `${ADMINISTRATOR},administrator,administrator,system:masters\n`);
    await writeFile(this.tokenFile, ADMINISTRATOR);
  }

  private startEtcd(port: number, peer: number): Promise<void> {
    const url = `http://127.0.0.1:${port}`;
    const options = [
      ...['--data-dir', join(this.folder, 'etcd'), '--unsafe-no-fsync', '--log-level', 'error'],
      ...[
        '--listen-client-urls',
        url,
        '--advertise-client-urls',
        url,
        '--listen-peer-urls',
        `http://127.0.0.1:${peer}`,
      ],
    ];
    return this.run('etcd', options, async () => {
      const answer = await fetch(`${url}/health`);
      if (!answer.ok) throw new Error(`etcd answers ${answer.status}`);
    });
  }

  private startApi(port: number, etcd: number): Promise<void> {
    const key = join(this.folder, 'accounts.key');
    const options = {
      'etcd-servers': `http://127.0.0.1:${etcd}`,
      'bind-address': '127.0.0.1',
      'advertise-address': '127.0.0.1',
      'secure-port': port,
      // A service's endpoints may not be on the loopback, and nobody asks for the API by its service here.
      'endpoint-reconciler-type': 'none',
      'cert-dir': join(this.folder, 'certificates'),
      'service-account-key-file': key,
      'service-account-signing-key-file': key,
      'service-account-issuer': 'https://kubernetes.default.svc',
      'authorization-mode': 'RBAC',
      'token-auth-file': join(this.folder, 'tokens.csv'),
      'service-cluster-ip-range': '10.96.0.0/16',
      'kubelet-preferred-address-types': 'InternalIP',
    };
    return this.run('kube-apiserver', optionsOf(options), async () => {
      const { status } = await this.call('GET', '/readyz');
      if (status !== 200) throw new Error(`kube-apiserver answers ${status}`);
    });
  }

  private async startControllers(): Promise<void> {
    const file = join(this.folder, 'kubeconfig');
    const ca = (await readFile(this.caFile)).toString('base64');
    const access = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster: { server: this.url, 'certificate-authority-data': ca } }],
      users: [{ name: 'administrator', user: { token: ADMINISTRATOR } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'administrator' } }],
      'current-context': 'test',
    };
    await writeFile(file, JSON.stringify(access));
    const options = {
      kubeconfig: file,
      controllers: CONTROLLERS.join(','),
      'leader-elect': false,
      'secure-port': 0,
      'root-ca-file': this.caFile,
      'service-account-private-key-file': join(this.folder, 'accounts.key'),
    };
    await this.run('kube-controller-manager', optionsOf(options), async () => {
      const { status } = await this.call('GET', '/api/v1/namespaces/default/serviceaccounts/default');
      if (status !== 200) throw new Error('there are no accounts yet');
    });
  }

  private async run(name: string, args: string[], probe: () => Promise<void>): Promise<void> {
    const process = new ServerProcess({ name, file: findServer('control-plane') ?? '', args: [name, ...args], probe });
    this.processes.push(process);
    await process.start();
  }
}

const optionsOf = (options: Record<string, string | number | boolean>): string[] =>
  Object.entries(options).map(([name, value]) => `--${name}=${value}`);

function parse(words: string): Record<string, unknown> {
  try {
    return JSON.parse(words) as Record<string, unknown>;
  } catch {
    return { text: words };
  }
}
