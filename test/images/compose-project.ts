import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { podman, podmanEnvironment } from '../../tools/dev/images/podman.mjs';
import { readComposeFile, type ComposeService } from './compose-file.js';

export interface ComposeProjectOptions {
  /** of its containers, volumes and its network */
  name: string;
  file: string;
  variables: Record<string, string>;
  profiles?: string[];
}

const PROBE_EVERY_MS = 500;
const COMPLETED_MS = 60_000;
const FIRST_ADDRESS = 10;

/**
 * Runs a compose file by podman, to the letter: each service with the settings that the file gives it, when those that it depends on are as far
 * as the file says, on a network of their own. Only `restart` is left out: what ended here would have failed.
 */
export class ComposeProject {
  private readonly services: Map<string, ComposeService>;
  private readonly addresses = new Map<string, string>();
  private readonly started: string[] = [];

  constructor(private readonly options: ComposeProjectOptions) {
    const profiles = options.profiles ?? [];
    const all = [...readComposeFile(options.file, options.variables)];
    this.services = new Map(
      all.filter(([, service]) => service.profiles?.some((profile) => profiles.includes(profile)) ?? true),
    );
  }

  get network(): string {
    return this.options.name;
  }

  /** Services that go on running. */
  get running(): string[] {
    return this.started.filter((name) => !this.isMeantToEnd(name));
  }

  containerOf(service: string): string {
    return `${this.options.name}-${service}`;
  }

  service(name: string): ComposeService {
    return this.services.get(name)!;
  }

  /** @throws Error with the log of the service that did not come so far */
  async start(): Promise<void> {
    podman(['network', 'create', this.network]);
    this.giveAddresses();
    for (const [name, service] of this.services) {
      for (const [dependency, { condition }] of Object.entries(service.depends_on ?? {})) {
        if (condition === 'service_healthy') await this.healthy(dependency);
        if (condition === 'service_completed_successfully') await this.completed(dependency);
      }
      podman(['run', '--detach', '--name', this.containerOf(name), ...this.runOptions(service, name)]);
      this.started.push(name);
    }
    for (const name of this.running) await this.healthy(name);
  }

  /** Names are looked up in each container's own list, since not every podman has name servers for its networks. */
  private giveAddresses(): void {
    const format = '{{range .Subnets}}{{.Subnet}} {{end}}';
    const [subnet] = podman(['network', 'inspect', '--format', format, this.network]).split(' ');
    const prefix = subnet!.replace(/\.0\/24$/, '');
    if (prefix === subnet) throw new Error(`the network ${this.network} has the unexpected range ${subnet}`);
    let last = FIRST_ADDRESS;
    for (const [name, { network_mode: mode }] of this.services) {
      if (mode === undefined) this.addresses.set(name, `${prefix}.${last++}`);
    }
  }

  private runOptions(service: ComposeService, name: string): string[] {
    const each = (option: string, values: string[] | undefined): string[] =>
      (values ?? []).flatMap((value) => [option, value]);
    const { environment = {}, entrypoint, stop_grace_period: grace } = service;
    const passedOn = Object.entries(environment).filter(([key, value]) => value !== null || process.env[key]);
    return [
      ...this.networkOptions(service, name),
      ...(service.user === undefined ? [] : ['--user', service.user]),
      ...(service.read_only === true ? ['--read-only', '--read-only-tmpfs=false'] : []),
      ...each('--cap-drop', service.cap_drop),
      ...each('--cap-add', service.cap_add),
      // Podman takes the word without `:true`.
      ...each(
        '--security-opt',
        service.security_opt?.map((option) => option.replace(/:true$/, '')),
      ),
      ...each('--tmpfs', service.tmpfs),
      ...each(
        '--volume',
        service.volumes?.map((volume) => this.volume(volume)),
      ),
      ...each('--publish', service.ports),
      ...each(
        '--env',
        passedOn.map(([key, value]) => (value === null ? key : `${key}=${value}`)),
      ),
      ...(grace === undefined ? [] : ['--stop-timeout', String(secondsOf(grace))]),
      ...(entrypoint === undefined ? [] : ['--entrypoint', JSON.stringify(entrypoint)]),
      service.image,
      ...(service.command ?? []),
    ];
  }

  private networkOptions({ network_mode: mode }: ComposeService, name: string): string[] {
    if (mode !== undefined) return ['--network', mode];
    return [...this.ownNetwork(), '--ip', this.addresses.get(name)!];
  }

  /** The project's network, with the names of all services. */
  private ownNetwork(): string[] {
    const hosts = [...this.addresses].flatMap(([host, address]) => ['--add-host', `${host}:${address}`]);
    return ['--network', this.network, ...hosts];
  }

  /** Relative paths are meant from the file; a bare name is a volume of the project. */
  private volume(text: string): string {
    const [source, ...rest] = text.split(':');
    const isPath = /^[./]/.test(source!);
    const place = isPath ? resolve(dirname(this.options.file), source!) : `${this.options.name}-${source}`;
    return [place, ...rest].join(':');
  }

  /** A container of the project's network beside its services, which ends. @returns what it prints */
  async runOnce(options: string[], command: string[]): Promise<string> {
    const { status, output } = await podmanAside(['run', '--rm', ...this.ownNetwork(), ...options, ...command]);
    if (status !== 0) throw new Error(`podman run ${command.join(' ')} ended with ${status}: ${output}`);
    return output;
  }

  /** Runs a command in a service's container. */
  exec(service: string, command: string[]): Promise<{ status: number | null; output: string }> {
    return podmanAside(['exec', this.containerOf(service), ...command]);
  }

  private async healthy(name: string): Promise<void> {
    const check = this.service(name).healthcheck;
    if (check === undefined) return;
    const [kind, ...command] = check.test;
    if (kind !== 'CMD') throw new Error(`the health check of ${name} is a ${kind}, which is not known here`);
    const allowed = secondsOf(check.start_period ?? '0s') + check.retries * secondsOf(check.interval);
    let output = '';
    for (const deadline = Date.now() + allowed * 1000; Date.now() < deadline; await pause(PROBE_EVERY_MS)) {
      if (this.stateOf(name).status !== 'running') break;
      const probe = await this.exec(name, command);
      if (probe.status === 0) return;
      output = probe.output;
    }
    throw new Error(`${name} did not become healthy: ${output}\n${await this.logOf(name)}`);
  }

  private async completed(name: string): Promise<void> {
    for (const deadline = Date.now() + COMPLETED_MS; Date.now() < deadline; await pause(PROBE_EVERY_MS)) {
      const { status, exitCode } = this.stateOf(name);
      if (status === 'exited' && exitCode === 0) return;
      if (status === 'exited') break;
    }
    throw new Error(`${name} did not do its work:\n${await this.logOf(name)}`);
  }

  stateOf(name: string): { status: string; exitCode: number } {
    const format = '{{.State.Status}} {{.State.ExitCode}}';
    const [status, exitCode] = podman(['inspect', '--format', format, this.containerOf(name)]).split(' ');
    return { status: status!, exitCode: Number(exitCode) };
  }

  /** The end of what it wrote. */
  async logOf(name: string): Promise<string> {
    return (await podmanAside(['logs', '--tail', '60', this.containerOf(name)])).output;
  }

  /** Ends a service as `compose stop` does. @returns its exit code and how long it took */
  async stop(name: string): Promise<{ exitCode: number; tookMs: number }> {
    const started = Date.now();
    const { status, output } = await podmanAside(['stop', this.containerOf(name)]);
    if (status !== 0) throw new Error(`podman stop ${name}: ${output}`);
    return { exitCode: this.stateOf(name).exitCode, tookMs: Date.now() - started };
  }

  /** Where a volume of the project lies. */
  placeOf(volume: string): string {
    return podman(['volume', 'inspect', '--format', '{{.Mountpoint}}', `${this.options.name}-${volume}`]);
  }

  private isMeantToEnd(name: string): boolean {
    const conditions = [...this.services.values()].map(({ depends_on: wanted }) => wanted?.[name]?.condition);
    return conditions.includes('service_completed_successfully');
  }

  /** Leaves nothing behind. */
  remove(): void {
    const names = podman(['ps', '--all', '--filter', `name=^${this.options.name}-`, '--format', '{{.Names}}']);
    const volumes = podman(['volume', 'ls', '--filter', `name=^${this.options.name}-`, '--format', '{{.Name}}']);
    const words = (text: string): string[] => text.split('\n').filter((word) => word !== '');
    if (names !== '') podman(['rm', '--force', '--time', '0', ...words(names)]);
    if (volumes !== '') podman(['volume', 'rm', '--force', ...words(volumes)]);
    podman(['network', 'rm', '--force', this.network]);
  }
}

/** Podman beside this process, which goes on meanwhile. */
async function podmanAside(args: string[]): Promise<{ status: number | null; output: string }> {
  const child = spawn('podman', args, { stdio: ['ignore', 'pipe', 'pipe'], env: podmanEnvironment() });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, output: output.trim() };
}

function secondsOf(text: string): number {
  const [, count, unit] = /^(\d+)(s|m)$/.exec(text) ?? [];
  if (count === undefined) throw new Error(`'${text}' is no time that is known here`);
  return Number(count) * (unit === 'm' ? 60 : 1);
}
