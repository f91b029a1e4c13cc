import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A program of tools/examples/third-parties, as it stands. */
export class Stranger {
  private readonly child: ChildProcess;
  readonly isReady: Promise<unknown>;
  /** what it wrote on standard error */
  words = '';

  /** @param takesS how long its work on one thing takes */
  constructor(args: string[], token: string, takesS = 2) {
    const cwd = join('tools', 'examples', 'third-parties');
    const env = {
      PATH: process.env['PATH'],
      JUDGE_TAKES_S: String(takesS),
      REVIEW_TAKES_S: String(takesS),
      PYTHONDONTWRITEBYTECODE: '1',
      SEDGE_TOKEN: token,
    };
    this.child = spawn('python3', args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.words += text));
    this.isReady = once(this.child.stdout!, 'data');
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  /** Tells it to end. @returns its exit code, or the signal that ended it */
  async stop(): Promise<number | string | null> {
    if (this.isAlive) {
      const ended = once(this.child, 'close');
      this.child.kill('SIGTERM');
      await ended;
    }
    return this.child.exitCode ?? this.child.signalCode;
  }
}
