import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const BIN = join(ROOT, 'apps/sedge/bin/sedge.js');
const SAMPLE_TOOLS = fileURLToPath(new URL('./tools', import.meta.url));

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
  /** standard output as JSON, line by line */
  json: Record<string, unknown>[];
}

/** A folder of a test's own, with a data directory, in which the real command runs as a user would run it. */
export class Sandbox {
  private server: RunningCommand | null = null;
  /** address of the API, once `up` was called */
  url = '';

  private constructor(readonly folder: string) {}

  static async create(): Promise<Sandbox> {
    // The command runs transpiled: what is tested must be what stands in the sources.
    const built = spawnSync(process.execPath, ['tools/dev/build-all.mjs'], { cwd: ROOT, encoding: 'utf8' });
    if (built.status !== 0) throw new Error(built.stderr);
    return new Sandbox(await mkdtemp(join(tmpdir(), 'sedge-cli-')));
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  async file(name: string, content: string | Buffer): Promise<string> {
    await writeFile(this.path(name), content);
    return this.path(name);
  }

  /** Starts a command and leaves it running. */
  start(...args: string[]): RunningCommand {
    const tools = `${SAMPLE_TOOLS}${delimiter}${this.path('tools')}`;
    const environment = { ...process.env, SEDGE_HOME: this.path('data'), SEDGE_TOOLS_DIR: tools, NO_COLOR: '1' };
    return new RunningCommand(spawn(process.execPath, [BIN, ...args], { cwd: this.folder, env: environment }));
  }

  /** Runs a command to its end. */
  sedge(...args: string[]): Promise<Ended> {
    return this.start(...args).ended;
  }

  /** Starts the all-in-one process that the commands then talk to. */
  async up(): Promise<void> {
    this.server = this.start('up', '--port', '0', '--json');
    const text = await this.server.printed((all) => all.includes('\n'));
    this.url = (JSON.parse(text.split('\n')[0]!) as { url: string }).url;
  }

  async down(): Promise<Ended | null> {
    this.server?.interrupt();
    const ended = await this.server?.ended;
    this.server = null;
    return ended ?? null;
  }

  async remove(): Promise<void> {
    await this.down();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A command under way. */
export class RunningCommand {
  private stdout = '';
  private stderr = '';
  private readonly listeners = new Set<() => void>();
  readonly ended: Promise<Ended>;

  constructor(private readonly child: ChildProcess) {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.listeners.forEach((listener) => listener());
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve) => {
      child.on('close', (code) => {
        const { stdout, stderr } = this;
        resolve({
          code,
          stdout,
          stderr,
          get json() {
            return stdout
              .split('\n')
              .filter((line) => line !== '')
              .map((line) => JSON.parse(line) as Record<string, unknown>);
          },
        });
        this.listeners.forEach((listener) => listener());
      });
    });
  }

  /** Waits until what was printed so far is as wanted. @throws Error when the command ends before */
  async printed(isWanted: (all: string) => boolean): Promise<string> {
    while (!isWanted(this.stdout)) {
      if (this.child.exitCode !== null)
        throw new Error(`ended with ${this.child.exitCode}: ${this.stdout}${this.stderr}`);
      await new Promise<void>((resolve) => {
        const listener = (): void => {
          this.listeners.delete(listener);
          resolve();
        };
        this.listeners.add(listener);
      });
    }
    return this.stdout;
  }

  /** As Ctrl-C does. */
  interrupt(): void {
    this.child.kill('SIGINT');
  }

  /** As kill -9 does. */
  kill(): void {
    this.child.kill('SIGKILL');
  }
}
