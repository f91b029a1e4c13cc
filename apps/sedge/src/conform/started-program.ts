import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mortally } from '@sedge/local-servers';

const WORDS_LIMIT = 2000;

/** A program of the user's that the kit starts, kills and starts again: a worker, or the server of a tool. */
export class StartedProgram {
  private child: ChildProcess | null = null;
  private words = '';

  /** @param command a line for the shell */
  constructor(private readonly command: string) {}

  start(): void {
    const [program, ...args] = [...mortally(), 'sh', '-c', `exec ${this.command}`];
    const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    child.once('error', (error) => (this.words += error.message));
    this.child = child;
    // Without a process there may be no output to listen to either.
    if (child.pid === undefined) return;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.words = (this.words + text).slice(-WORDS_LIMIT)));
    }
  }

  get isAlive(): boolean {
    return this.child?.pid !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The last line that it said. */
  get lastWords(): string {
    return this.words.trim().split('\n').at(-1)!.slice(0, 300);
  }

  /** Ends it and whatever it started, as a power cut would. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child?.pid === undefined) return;
    const ended = this.isAlive ? once(child, 'exit') : null;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nothing of it is left.
    }
    await ended;
  }
}
