import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate, setTimeout as after } from 'node:timers/promises';
import type { ToolCommand, ToolOutcome } from '@sedge/ports';
import {
  LineSplitter,
  failureOf,
  leftBehindMessage,
  parseToolLine,
  passingShortage,
  type ProgramEnding,
} from '@sedge/tool-contracts';
import { killLeftBehind } from './left-behind.js';

/** What is still in the pipes when a program has ended is read for so long; a process that it left behind may hold them open for ever. */
const DRAIN_MS = 1000;

/**
 * Runs a program in a process group of its own until it ends. When told to stop it gets SIGTERM, and SIGKILL after its grace time. What it
 * started and left behind gets SIGKILL, and is not waited for.
 * @throws the system's error where the machine lacks for the moment what a process needs
 */
export async function runToolCommand(command: ToolCommand): Promise<ToolOutcome> {
  if (command.signal.aborted) return { status: 'cancelled' };
  try {
    return outcomeOf(await endingOf(await started(command), command), command);
  } catch (error) {
    if (passingShortage(error) !== null) throw error;
    const message = `${command.file} can't be started: ${(error as Error).message}`;
    return { status: 'failed', class: 'permanent', code: 'TOOL_COMMAND_MISSING', message };
  }
}

/** Without a process there may be no output to listen to either, so its start is waited for. */
async function started({ file, args, workDirectory, environment, onStart }: ToolCommand): Promise<ChildProcess> {
  const child = spawn(file, args, {
    cwd: workDirectory,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  await once(child, 'spawn');
  onStart?.(child.pid!);
  return child;
}

async function endingOf(child: ChildProcess, command: ToolCommand): Promise<ProgramEnding> {
  let lastWords = '';
  const warn = (message: string): void => command.onLine({ type: 'log', level: 'warn', message });
  const out = new LineSplitter((line) => command.onLine(parseToolLine(line)));
  const err = new LineSplitter((line) => {
    lastWords = line;
    warn(line);
  });
  child.stdout!.on('data', (bytes: Buffer) => out.push(bytes));
  child.stderr!.on('data', (bytes: Buffer) => err.push(bytes));
  const closed = once(child, 'close').then(
    () => true,
    () => true,
  );
  const [code, signal] = await exitOf(child, command);
  const left = command.mark === undefined ? [] : await killLeftBehind(command.mark, child.pid!);
  for (const { pid, command: words } of left) warn(leftBehindMessage(pid, words));
  if (!(await Promise.race([closed, drained()]))) {
    warn(
      'the program left a process behind that holds its output open; it was not found, and is not listened to any more',
    );
    child.stdout!.destroy();
    child.stderr!.destroy();
  }
  out.end();
  err.end();
  return { code, signal, lastWords };
}

/** Waits for the program itself, stops it when that is asked for, and ends its group when it is gone. */
async function exitOf(
  child: ChildProcess,
  { signal, graceMs }: ToolCommand,
): Promise<[number | null, NodeJS.Signals | null]> {
  let killTimer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    killGroup(child, 'SIGTERM');
    killTimer = setTimeout(() => killGroup(child, 'SIGKILL'), graceMs);
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  try {
    return (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  } finally {
    clearTimeout(killTimer);
    signal.removeEventListener('abort', stop);
    killGroup(child, 'SIGKILL');
  }
}

/** The time is up, and what had come by then was read: timers go before input and output, immediates after. */
async function drained(): Promise<false> {
  await after(DRAIN_MS, undefined, { ref: false });
  await setImmediate();
  return false;
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
