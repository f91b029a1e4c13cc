import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ONE_THREAD, onnxRuntimeName } from '@sedge/engines';
import { refusal } from '../engine/refusal.js';
import { onnxRoundsPath } from './onnx-rounds.mjs';
import type { Pinning, TimedEngine } from './timed-engine.js';

/** An ONNX file (IR 8, opset 13) whose only node is `y = Identity(x)`, float32 of any shape. */
const IDENTITY_MODEL = Buffer.from(
  'CAg6MgoQCgF4EgF5IghJZGVudGl0eRIIaWRlbnRpdHlaCQoBeBIECgIIAWIJCgF5EgQKAggBQgQKABAN',
  'base64',
);

interface Answer {
  timesMs: number[];
  emptyMs: number[];
  rssBeforeBytes: number;
  peakRssBytes: number;
}

/** Times ONNX Runtime in Node on one thread, in one process for all rounds. @throws ToolError BENCHMARK_ENGINE_FAILED */
export async function openRuntimeRounds(
  model: string,
  clip: { data: Float32Array; shape: readonly number[] },
  options: { scratch: string; pinning: Pinning; signal: AbortSignal },
): Promise<TimedEngine> {
  const folder = await mkdtemp(join(options.scratch, 'runtime-'));
  const [identity, input, output] = ['identity.onnx', 'input.bin', 'output.bin'].map((name) => join(folder, name));
  await writeFile(identity!, IDENTITY_MODEL);
  await writeFile(input!, Buffer.from(clip.data.buffer, clip.data.byteOffset, clip.data.byteLength));
  const session = JSON.stringify({ shape: clip.shape, session: ONE_THREAD });
  const words = [process.execPath, onnxRoundsPath, model, identity!, input!, output!, session];
  const child = await startChild([...options.pinning.prefix, ...words], options.signal);
  await child.answer();
  let last: Answer | null = null;
  return {
    name: onnxRuntimeName(),
    round: async (runs, warmup) => {
      child.ask({ runs, warmup });
      last = (await child.answer()) as Answer;
      return { timesMs: last.timesMs, emptyMs: last.emptyMs };
    },
    memoryBytes: (): Record<string, number> =>
      last ? { peakRss: last.peakRssBytes, rssOfNodeAlone: last.rssBeforeBytes } : {},
    scores: async () => {
      const bytes = await readFile(output!);
      return Float32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));
    },
    close: async () => {
      await child.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Child {
  ask(question: object): void;
  answer(): Promise<unknown>;
  end(): Promise<void>;
}

/** @throws the system's error where it can't be started */
async function startChild([command, ...args]: string[], signal: AbortSignal): Promise<Child> {
  const child = spawn(command!, args, { stdio: ['pipe', 'pipe', 'pipe'], signal });
  // Once it runs, the end of its output says the same.
  child.on('error', () => undefined);
  // Without a process there may be no output to listen to either.
  await once(child, 'spawn');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-4000)));
  // A write to a process that is gone must not end this one.
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'close').catch(() => undefined);
  return {
    ask: (question) => void child.stdin.write(`${JSON.stringify(question)}\n`),
    answer: async () => {
      const { value, done } = await lines.next();
      if (!done) return JSON.parse(value) as unknown;
      await ended;
      signal.throwIfAborted();
      throw refusal('BENCHMARK_ENGINE_FAILED', `ONNX Runtime ended: ${errors.trim() || 'without a word'}`);
    },
    end: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
