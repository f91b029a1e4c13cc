import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { withFlacAsWav, type ProgramInput } from './flac-as-wav.js';

/** What a program prints for a recording; label and score are null where the conditions of an application left all scores out. */
export type Prediction =
  | { file: string; label: string | null; score: number | null; scores: Record<string, number> }
  | { file: string; error: string };

/** Recordings that are handed to the program at once: the length of a command line is limited, and so is room for decoded ones. */
const FILES_AT_ONCE = 1000;

/** Lets a program recognize recordings (WAV or FLAC), and gives its answers as they come, in the order of the files. */
export async function* recognize(
  program: string,
  files: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Prediction> {
  for (let start = 0; start < files.length; start += FILES_AT_ONCE) {
    const some = files.slice(start, start + FILES_AT_ONCE);
    yield* withFlacAsWav(some, (inputs) => recognizeInputs(program, inputs, signal));
  }
}

/** The program's answers in the places of what it was given, with the names that the user gave. */
async function* recognizeInputs(
  program: string,
  inputs: ProgramInput[],
  signal: AbortSignal,
): AsyncGenerator<Prediction> {
  const wavs = inputs.flatMap((input) => ('wav' in input ? [input.wav] : []));
  const answers = runProgram(program, wavs, signal);
  for (const input of inputs) {
    if ('error' in input) {
      yield input;
      continue;
    }
    const { done, value } = await answers.next();
    if (done) throw failure(program, `said nothing of ${input.file}`);
    yield { ...value, file: input.file };
  }
  // Its end tells whether it went well.
  await answers.next();
}

async function* runProgram(program: string, wavs: string[], signal: AbortSignal): AsyncGenerator<Prediction> {
  if (wavs.length === 0) return;
  const child = spawn(program, ['--json', ...wavs], { stdio: ['ignore', 'pipe', 'inherit'], signal });
  const ended = new Promise<number | string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signalName) => resolve(code ?? String(signalName)));
  });
  // Without a process there may be no output to listen to either.
  if (child.pid === undefined) throw failure(program, `can't be started: ${await ended}`);
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
