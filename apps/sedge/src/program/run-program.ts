import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

/** What a program prints for a recording. */
export type Prediction =
  { file: string; label: string; score: number; scores: Record<string, number> } | { file: string; error: string };

/** Recordings that are handed to the program at once: the length of a command line is limited. */
const FILES_AT_ONCE = 1000;

/** Lets a program recognize recordings, and gives its answers as they come, in the order of the files. */
export async function* recognize(
  program: string,
  files: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Prediction> {
  for (let start = 0; start < files.length; start += FILES_AT_ONCE) {
    yield* recognizeSome(program, files.slice(start, start + FILES_AT_ONCE), signal);
  }
}

async function* recognizeSome(program: string, files: string[], signal: AbortSignal): AsyncGenerator<Prediction> {
  const child = spawn(program, ['--json', ...files], { stdio: ['ignore', 'pipe', 'inherit'], signal });
  const ended = new Promise<number | string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signalName) => resolve(code ?? String(signalName)));
  });
  for await (const line of createInterface({ input: child.stdout })) yield parsePrediction(program, line);
  const end = await ended;
  signal.throwIfAborted();
  if (end !== EXIT.ok && end !== EXIT.partial) throw failure(program, `ended with ${end}`);
}

function parsePrediction(program: string, line: string): Prediction {
  try {
    return JSON.parse(line) as Prediction;
  } catch {
    throw failure(program, `printed what is no prediction: ${line.slice(0, 200)}`);
  }
}

function failure(program: string, what: string): CommandError {
  return new CommandError('CLI_PROGRAM_FAILED', `${program} ${what}`, EXIT.failed, `check it: ${program} --self-test`);
}
