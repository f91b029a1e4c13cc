import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ServerCommand {
  /** for messages */
  name: string;
  file: string;
  args: string[];
  environment?: Record<string, string>;
  /** the user that runs it; absent: this one */
  user?: string;
  /** throws until the server answers */
  probe(): Promise<void>;
  /** looks whether a server that runs can't do its work any more until it is started again. @returns why, or null */
  faultOf?(): Promise<string | null>;
  /** asks the server to end in good order */
  endSignal?: NodeJS.Signals;
  /** what its log says when it ended at its start for a reason that passes by itself; then it is started again */
  passing?: RegExp;
}

const START_MS = 120_000;
const END_MS = 20_000;
const PROBE_EVERY_MS = 20;
const AGAIN_AFTER_MS = 100;
const LOG_CHARACTERS = 4000;

/** A server as a child process, which dies with this one where the system can see to that. It can be killed and started again. */
export class ServerProcess {
  private child: ChildProcess | null = null;
  private log = '';
  private failure: Error | null = null;
  private isWanted = false;

  /** is told when it ends, whoever ended it */
  onExit?: ((code: number | null, signal: NodeJS.Signals | null) => void) | undefined;

  constructor(private readonly command: ServerCommand) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  get isRunning(): boolean {
    return this.child !== null && isAlive(this.child);
  }

  /** Resolves when the server answers. @throws Error with the end of its log */
  async start(): Promise<void> {
    const { name, probe, passing } = this.command;
    this.isWanted = true;
    this.spawn();
    for (const deadline = Date.now() + START_MS; ; await sleep(PROBE_EVERY_MS)) {
      if (this.failure !== null || !isAlive(this.child!)) {
        const message = `${name} ended at its start: ${String(this.failure)}\n${this.log}`;
        if (!passing?.test(this.log) || Date.now() > deadline) throw new Error(message);
        await sleep(AGAIN_AFTER_MS);
        if (!this.isWanted) throw new Error(`${name} was told to end before it answered`);
        this.spawn();
      }
      const refusal = await probe().then(
        () => null,
        (error: Error) => error,
      );
      if (refusal === null) return;
      if (Date.now() > deadline) {
        await this.kill();
        throw new Error(`${name} did not answer within ${START_MS / 1000} s: ${refusal.message}\n${this.log}`);
      }
    }
  }

  /** @returns why it runs and can't do its work any more until it is started again, or null where nothing is known of that */
  async fault(): Promise<string | null> {
    if (!this.isRunning) return null;
    return (await this.command.faultOf?.().catch(() => null)) ?? null;
  }

  private spawn(): void {
    const { file, args, environment } = this.command;
    const before = mortally(this.command.user);
    const [program, ...words] = [...before, file, ...args];
    const child = spawn(program!, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
      // In a group of its own, Ctrl-C in a terminal does not reach it: it ends when we say so, after those that need it.
      detached: before.length > 0,
    });
    this.child = child;
    this.failure = null;
    this.log = '';
    child.once('error', (error) => (this.failure = error));
    // Without a process there may be no output to listen to either.
    if (child.pid === undefined) return;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.log = (this.log + text).slice(-LOG_CHARACTERS)));
    }
    child.once('exit', (code, signal) => this.onExit?.(code, signal));
  }

  /** Ends it as an operator would. */
  async stop(): Promise<void> {
    await this.end(this.command.endSignal ?? 'SIGTERM');
  }

  /** Ends it as a power cut of this process alone would. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    this.isWanted = false;
    if (child === null || !isAlive(child)) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
    await ended;
    clearTimeout(timer);
  }
}

const isAlive = (child: ChildProcess): boolean =>
  child.pid !== undefined && child.exitCode === null && child.signalCode === null;

let hasSetpriv: boolean | undefined;

/** Words before a command that tie its life to ours where the system can see to that, and give it to another user. */
export function mortally(user?: string): string[] {
  hasSetpriv ??= spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0;
  if (!hasSetpriv && user === undefined) return [];
  return ['setpriv', ...(user === undefined ? [] : identityOf(user)), '--pdeathsig', 'KILL'];
}

/** Options of setpriv: another user, who may still walk through folders of root's to its own. */
export function identityOf(user: string): string[] {
  const capabilities = ['--inh-caps', '+dac_override', '--ambient-caps', '+dac_override'];
  return ['--reuid', user, '--regid', user, '--clear-groups', ...capabilities];
}
