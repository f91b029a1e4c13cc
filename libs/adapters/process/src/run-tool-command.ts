import { spawn, type ChildProcess } from 'node:child_process';
import type { ToolCommand, ToolOutcome } from '@sedge/ports';
import { LineSplitter, failureOf, parseToolLine, type ProgramEnding } from '@sedge/tool-contracts';

/**
 * Runs a program in a process group of its own. When told to stop it gets SIGTERM, and SIGKILL after its grace time, as does whatever
 * it started and left behind.
 */
export async function runToolCommand(command: ToolCommand): Promise<ToolOutcome> {
  if (command.signal.aborted) return { status: 'cancelled' };
  const child = spawn(command.file, command.args, {
    cwd: command.workDirectory,
    env: command.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  try {
    return outcomeOf(await endingOf(child, command), command);
  } catch (error) {
    const message = `${command.file} can't be started: ${(error as Error).message}`;
    return { status: 'failed', class: 'permanent', code: 'TOOL_COMMAND_MISSING', message };
  } finally {
    killGroup(child, 'SIGKILL');
  }
}

function endingOf(child: ChildProcess, command: ToolCommand): Promise<ProgramEnding> {
  let lastWords = '';
  let killTimer: NodeJS.Timeout | undefined;
  const out = new LineSplitter((line) => command.onLine(parseToolLine(line)));
  const err = new LineSplitter((line) => {
    lastWords = line;
    command.onLine({ type: 'log', level: 'warn', message: line });
  });
  const stop = (): void => {
    killGroup(child, 'SIGTERM');
    killTimer = setTimeout(() => killGroup(child, 'SIGKILL'), command.graceMs);
  };
  return new Promise<ProgramEnding>((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => command.onStart?.(child.pid!));
    child.stdout!.on('data', (bytes: Buffer) => out.push(bytes));
    child.stderr!.on('data', (bytes: Buffer) => err.push(bytes));
    // A grandchild that outlives the program holds the pipes open; it ends with the group.
    child.once('exit', () => killGroup(child, 'SIGKILL'));
    child.once('close', (code, signal) => {
      out.end();
      err.end();
      resolve({ code, signal, lastWords });
    });
    command.signal.addEventListener('abort', stop, { once: true });
  }).finally(() => {
    clearTimeout(killTimer);
    command.signal.removeEventListener('abort', stop);
  });
}

function outcomeOf(ending: ProgramEnding, { signal }: ToolCommand): ToolOutcome {
  if (signal.aborted) return { status: 'cancelled' };
  const failure = failureOf(ending);
  return failure === null ? { status: 'succeeded' } : { status: 'failed', ...failure };
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
