import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LineSplitter } from '@sedge/tool-contracts';
import { makeCertificates, type ControlPlane } from '@sedge/local-servers';

interface Volume {
  name: string;
  persistentVolumeClaim?: { claimName: string };
  emptyDir?: object;
}

interface PodSpec {
  nodeName?: string;
  terminationGracePeriodSeconds: number;
  securityContext: { runAsUser: number; runAsGroup: number };
  volumes: Volume[];
  containers: {
    name: string;
    image: string;
    command?: string[];
    env: { name: string; value: string }[];
    resources: { limits: { memory: string } };
    securityContext: { readOnlyRootFilesystem: boolean; capabilities: { drop: string[] } };
    volumeMounts: { name: string; mountPath: string; subPath?: string; readOnly?: boolean }[];
  }[];
}

interface Pod {
  metadata: { name: string; namespace: string; uid: string; deletionTimestamp?: string };
  spec: PodSpec;
}

interface StampedLine {
  time: string;
  text: string;
}

const NODE = 'stand-in';
const LOOK_EVERY_MS = 100;

/**
 * Plays scheduler and kubelet of a cluster of one node, for tests on machines where no real kubelet can run: takes each pod, runs its
 * container by podman as its spec says, reports its state, and serves its log. It knows only what tools' pods use, and refuses the rest.
 */
export class PodmanKubelet {
  private readonly containers = new Map<string, RunningPod>();
  private isStopped = false;
  private looking: Promise<void> = Promise.resolve();

  private constructor(
    private readonly plane: ControlPlane,
    private readonly server: Server,
    private readonly options: KubeletOptions,
  ) {}

  static async start(plane: ControlPlane, options: KubeletOptions): Promise<PodmanKubelet> {
    const { certFile, keyFile } = await makeCertificates({ folder: join(options.folder, 'kubelet') });
    const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) });
    const kubelet = new PodmanKubelet(plane, server, options);
    server.on('request', (request, response) => {
      const url = new URL(request.url!, 'https://kubelet');
      const pod = kubelet.containers.get(url.pathname.split('/')[3] ?? '');
      if (!url.pathname.startsWith('/containerLogs/') || !pod) return void response.writeHead(404).end('no such pod');
      const since = url.searchParams.get('sinceTime');
      const cut = kubelet.cutLogsAfter;
      kubelet.cutLogsAfter = null;
      pod.serve(
        since,
        cut,
        (text) => response.write(text),
        () => (cut === null ? response.end() : response.destroy()),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await kubelet.register((server.address() as AddressInfo).port);
    kubelet.looking = kubelet.look();
    return kubelet;
  }

  /** The next log that is asked for breaks off after so many lines. */
  cutLogsAfter: number | null = null;

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.looking;
    for (const pod of this.containers.values()) await pod.kill('KILL');
    this.server.closeAllConnections();
    this.server.close();
  }

  private async register(port: number): Promise<void> {
    const node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: NODE, labels: { 'kubernetes.io/hostname': NODE } },
    };
    await this.done('POST', '/api/v1/nodes', node);
    const status = {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: port } },
      conditions: [{ type: 'Ready', status: 'True', reason: 'StandIn', message: 'played by a test' }],
    };
    await this.patch(`/api/v1/nodes/${NODE}/status`, { status });
  }

  private async look(): Promise<void> {
    for (; !this.isStopped; await sleep(LOOK_EVERY_MS)) {
      const { status, body } = await this.plane.call('GET', '/api/v1/pods');
      if (status !== 200) process.stderr.write(`the stand-in's look at the pods: ${status} ${JSON.stringify(body)}\n`);
      else for (const pod of body['items'] as Pod[]) await this.attend(pod);
    }
  }

  private async attend(pod: Pod): Promise<void> {
    const { name, namespace, deletionTimestamp } = pod.metadata;
    const running = this.containers.get(name);
    if (!running && !pod.spec.nodeName && deletionTimestamp === undefined) return this.begin(pod);
    if (deletionTimestamp === undefined || running?.isEnding) return;
    const remove = async (): Promise<void> => {
      await running?.end(pod.spec.terminationGracePeriodSeconds);
      await this.plane.call('DELETE', `/api/v1/namespaces/${namespace}/pods/${name}`, { gracePeriodSeconds: 0 });
    };
    void remove();
  }

  private async begin(pod: Pod): Promise<void> {
    const { name, namespace } = pod.metadata;
    const place = `/api/v1/namespaces/${namespace}/pods/${name}`;
    const target = { apiVersion: 'v1', kind: 'Node', name: NODE };
    await this.done('POST', `${place}/binding`, { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target });
    const report = (phase: string, state: object): Promise<void> => {
      const [container] = pod.spec.containers;
      const statuses = [
        { name: container!.name, image: container!.image, imageID: '', ready: false, restartCount: 0, state },
      ];
      return this.patch(`${place}/status`, { status: { phase, containerStatuses: statuses } });
    };
    const running = new RunningPod(this.options, pod, (exitCode) => {
      const phase = exitCode === 0 ? 'Succeeded' : 'Failed';
      void report(phase, { terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' } });
    });
    this.containers.set(name, running);
    await report('Running', { running: {} });
    running.start();
  }

  private patch(path: string, value: object): Promise<void> {
    return this.done('PATCH', path, value, 'application/strategic-merge-patch+json');
  }

  private async done(method: string, path: string, value: object, type?: string): Promise<void> {
    const { status, body } = await this.plane.call(method, path, value, type);
    // A pod may have been removed meanwhile.
    if (status >= 300 && status !== 404) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
  }
}

export interface KubeletOptions {
  folder: string;
  /** where the volume of each claim lies here */
  claims: Record<string, string>;
  /** options of podman, before the verb and of `run` */
  podman: { global: string[]; run: string[] };
}

/** A pod's container while it runs, and its log after that. */
class RunningPod {
  isEnding = false;
  private readonly lines: StampedLine[] = [];
  private readonly listeners = new Set<() => void>();
  private hasEnded = false;
  private child: ChildProcess | null = null;

  constructor(
    private readonly options: KubeletOptions,
    private readonly pod: Pod,
    private readonly onExit: (code: number) => void,
  ) {}

  start(): void {
    const { global } = this.options.podman;
    const child = spawn('podman', [...global, 'run', '--rm', '--name', this.pod.metadata.name, ...this.args()]);
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      const splitter = new LineSplitter((text) => this.take(text));
      stream.on('data', (bytes: Buffer) => splitter.push(bytes)).on('end', () => splitter.end());
    }
    child.once('close', (code, signal) => {
      this.hasEnded = true;
      for (const listener of this.listeners) listener();
      this.onExit(code ?? (signal === 'SIGKILL' ? 137 : 143));
    });
  }

  /** SIGTERM, and SIGKILL after the grace time. */
  async end(graceS: number): Promise<void> {
    this.isEnding = true;
    if (this.hasEnded || !this.child) return;
    const closed = once(this.child, 'close');
    await this.kill('TERM');
    const ended = await Promise.race([closed.then(() => true), sleep(graceS * 1000, false)]);
    if (!ended) await this.kill('KILL');
    await closed;
  }

  kill(signal: string): Promise<void> {
    const args = [...this.options.podman.global, 'kill', '--signal', signal, this.pod.metadata.name];
    return new Promise((resolve) => execFile('podman', args, () => resolve()));
  }

  /** Gives the lines from a time on, as they come, and ends with the container or after some lines. */
  serve(since: string | null, limit: number | null, write: (text: string) => void, end: () => void): void {
    let next = this.lines.findIndex(({ time }) => since === null || time >= since.replace('Z', ''));
    if (next < 0) next = this.lines.length;
    let left = limit ?? Infinity;
    const give = (): void => {
      while (next < this.lines.length && left-- > 0) {
        const { time, text } = this.lines[next++]!;
        write(`${time} ${text}\n`);
      }
      if (!this.hasEnded && left > 0) return;
      this.listeners.delete(give);
      end();
    };
    this.listeners.add(give);
    give();
  }

  private take(text: string): void {
    // Within a millisecond in any order, as where the two outputs of a program are stamped apart.
    const fraction = String(process.hrtime.bigint() % 1_000_000n).padStart(6, '0');
    this.lines.push({ time: new Date().toISOString().replace('Z', `${fraction}Z`), text });
    for (const listener of this.listeners) listener();
  }

  private args(): string[] {
    const { spec } = this.pod;
    const [container] = spec.containers;
    const { image, command = [], env, resources, securityContext, volumeMounts } = container!;
    const { runAsUser, runAsGroup } = spec.securityContext;
    return [
      ...[...this.options.podman.run, '--network', 'none', '--user', `${runAsUser}:${runAsGroup}`],
      ...(securityContext.readOnlyRootFilesystem ? ['--read-only'] : []),
      ...securityContext.capabilities.drop.flatMap((name) => ['--cap-drop', name]),
      ...['--memory', resources.limits.memory.replace('M', 'm'), '--security-opt', 'no-new-privileges'],
      ...env.flatMap(({ name, value }) => ['--env', `${name}=${value}`]),
      ...volumeMounts.flatMap((mount) => this.mountOf(mount)),
      ...[image, ...command],
    ];
  }

  private mountOf({ name, mountPath, subPath, readOnly }: PodSpec['containers'][0]['volumeMounts'][0]): string[] {
    const volume = this.pod.spec.volumes.find((candidate) => candidate.name === name)!;
    if (volume.emptyDir) return ['--tmpfs', mountPath];
    const folder = this.options.claims[volume.persistentVolumeClaim!.claimName];
    if (folder === undefined || subPath === undefined) throw new Error(`the stand-in knows no volume ${name}`);
    // A real kubelet makes what is missing, as root's; here that is a fault of the test.
    execFileSync('test', ['-e', join(folder, subPath)]);
    return ['--volume', `${join(folder, subPath)}:${mountPath}:${readOnly ? 'ro' : 'rw'}`];
  }
}
