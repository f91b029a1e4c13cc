import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ProgramMetadata } from '@sedge/artifact-contracts';
import type { JobInput } from '@sedge/tool-contracts';
import { decodeNpy, encodeNpy } from '../engine/npy.js';
import { runnableProgram } from '../engine/program.js';
import { refusal } from '../engine/refusal.js';
import type { Pinning, TimedEngine } from './timed-engine.js';

const run = promisify(execFile);
const MEBIBYTE = 1024 ** 2;
const MAX_OUTPUT_BYTES = 64 * MEBIBYTE;

/** What `app run` prints. */
interface Times {
  times_ms: number[];
  rss_mb: number;
}

/** Times a generated program: each round is a start of it, and the program times its own runs. */
export async function openProgramRounds(
  input: JobInput,
  clip: { data: Float32Array; shape: readonly number[] },
  options: { scratch: string; pinning: Pinning; signal: AbortSignal },
): Promise<TimedEngine> {
  const metadata = input.metadata as unknown as ProgramMetadata;
  const program = await runnableProgram(input, options.scratch);
  const folder = await mkdtemp(join(options.scratch, 'rounds-'));
  const [from, to] = [join(folder, 'input.npy'), join(folder, 'output.npy')];
  await writeFile(from, encodeNpy(clip.data, clip.shape));
  let peakRssBytes = 0;
  return {
    name: `Sedge program (${metadata.target})`,
    round: async (runs, warmup) => {
      const words = ['run', from, to, '--runs', String(runs), '--warmup', String(warmup)];
      const { times_ms: timesMs, rss_mb: rss } = await start(
        [...options.pinning.prefix, program.path, ...words],
        options,
      );
      peakRssBytes = Math.max(peakRssBytes, Math.round(rss * MEBIBYTE));
      return { timesMs };
    },
    memoryBytes: () => ({
      peakRss: peakRssBytes,
      arena: metadata.arenaBytes,
      weights: metadata.weightsBytes,
      program: metadata.sizeBytes,
    }),
    scores: async () => decodeNpy(await readFile(to)),
    close: async () => {
      await program.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The shape of the network's input, batch first, as the program itself says. */
export async function programInputShape(
  input: JobInput,
  options: { scratch: string; signal: AbortSignal },
): Promise<number[]> {
  const program = await runnableProgram(input, options.scratch);
  try {
    const { stdout } = await run(program.path, ['--info'], { signal: options.signal });
    return (JSON.parse(stdout) as { input: number[] }).input;
  } finally {
    await program.remove();
  }
}

async function start([command, ...args]: string[], { signal }: { signal: AbortSignal }): Promise<Times> {
  const { stdout } = await run(command!, args, { signal, maxBuffer: MAX_OUTPUT_BYTES }).catch(
    (error: Error & { stderr?: string }) => {
      if (signal.aborted) throw error;
      throw refusal('BENCHMARK_ENGINE_FAILED', `app run failed: ${error.stderr?.trim() || error.message}`);
    },
  );
  return JSON.parse(stdout) as Times;
}
