import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, vi } from 'vitest';
import { ApiClient } from '../../src/client/api-client.js';

const ROOT = resolve(import.meta.dirname, '..', '..', '..', '..');
const COMMAND = join(ROOT, 'apps', 'sedge', 'bin', 'sedge.js');
export const SAMPLE_TOOLS = join(import.meta.dirname, 'tools');

/** An item of a run, as far as these tests look at it. */
export interface Item {
  name: string;
  state: string;
  decision: string | null;
  job: string | null;
  outputs: Record<string, string> | null;
  failure: { code: string; message: string } | null;
  note: string | null;
}

export interface Run {
  id: string;
  state: string;
  failure: { code: string; message: string } | null;
  items: Item[];
}

export interface JobAttempts {
  state: string;
  attempts: { number: number; outcome: string | null }[];
}

/** Transpiles the workspace, so that the program that is started is the code that is tested. */
export function buildProgram(): void {
  execFileSync(process.execPath, ['tools/dev/build-all.mjs'], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
}

export async function makeFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'sedge-server-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export interface StartOptions {
  dataDirectory: string;
  environment?: Record<string, string>;
  port?: number;
}

/** How a process ended that did not come to listen. */
export class StartFailure extends Error {
  constructor(
    readonly exitCode: number | null,
    readonly output: string,
  ) {
    super(`sedge up ended with ${exitCode}: ${output}`);
  }
}

/** `sedge up` as a process of its own, which can be killed, and the API behind its socket. */
export class SedgeProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    readonly api: ApiClient,
  ) {}

  /** @throws StartFailure */
  static async start({ dataDirectory, environment = {}, port = 0 }: StartOptions): Promise<SedgeProcess> {
    const args = [COMMAND, 'up', '--json', '--data-dir', dataDirectory, '--port', String(port)];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, SEDGE_TOOLS_DIR: SAMPLE_TOOLS, SEDGE_CORES: '2', ...environment },
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const lines: string[] = [];
    const listening = new Promise<{ url: string; socketPath: string }>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        lines.push(line);
        const value = JSON.parse(line) as { url?: string; socketPath: string };
        if (value.url) resolve({ url: value.url, socketPath: value.socketPath });
      });
      child.once('close', (code) => reject(new StartFailure(code, `${lines.join('\n')}${errors}`)));
    });
    const { url, socketPath } = await listening;
    const running = new SedgeProcess(child, url, new ApiClient({ socketPath }));
    await running.hasTool('sum-values');
    return running;
  }

  private async hasTool(name: string): Promise<void> {
    await until(async () => {
      const { tools } = await this.api.get<{ tools: { name: string }[] }>('/v1/tools');
      return tools.some((tool) => tool.name === name);
    });
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  /** Ends it as Ctrl-C does. @returns its exit code */
  async stop(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      await ended;
    }
    return this.child.exitCode;
  }

  async startRun(workflow: string, more: object = {}): Promise<string> {
    const { id } = await this.api.post<{ id: string }>('/v1/runs', { workflow, baseDirectory: tmpdir(), ...more });
    return id;
  }

  show(run: string): Promise<Run> {
    return this.api.get<Run>(`/v1/runs/${run}`);
  }

  async ended(run: string, timeoutMs = 120_000): Promise<Run> {
    await until(async () => !['queued', 'running', 'resolving'].includes((await this.show(run)).state), timeoutMs);
    return this.show(run);
  }

  async run(workflow: string, more: object = {}): Promise<Run> {
    return this.ended(await this.startRun(workflow, more));
  }

  job(id: string): Promise<JobAttempts> {
    return this.api.get<JobAttempts>(`/v1/jobs/${id}`);
  }
}

export interface SedgeBench {
  folder: string;
  sedge: SedgeProcess;
}

/**
 * Gives the tests of a file a process on a data directory of its own, which ends with them.
 * @param options what to start it with, from the path of the tests' folder; the data directory is that folder where nothing else is said
 */
export function useSedge(options: (folder: string) => Partial<StartOptions> = () => ({})): SedgeBench {
  // Processes are started and ended, which takes its time on a machine that is busy.
  vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
  const bench = {} as SedgeBench;
  let folder: Awaited<ReturnType<typeof makeFolder>> | undefined;
  beforeAll(async () => {
    buildProgram();
    folder = await makeFolder();
    bench.folder = folder.path;
    bench.sedge = await SedgeProcess.start({ dataDirectory: folder.path, ...options(folder.path) });
  });
  afterAll(async () => {
    await bench.sedge?.stop();
    await folder?.remove();
  });
  return bench;
}

export function itemNamed(run: Run, name: string): Item {
  const found = run.items.find((item) => item.name === name);
  if (!found) throw new Error(`no item ${name} among ${run.items.map((item) => item.name).join(', ')}`);
  return found;
}

/** The artifact ids of each item, by its name. */
export function outputsOf(run: Run): Record<string, Record<string, string> | null> {
  return Object.fromEntries(run.items.map((item) => [item.name, item.outputs]));
}

export async function until(condition: () => Promise<boolean>, timeoutMs = 120_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('the condition did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
