import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ProgramMetadata } from '@sedge/artifact-contracts';
import type { Engine } from '@sedge/engines';
import type { JobInput } from '@sedge/tool-contracts';
import { decodeNpy, encodeNpy } from './npy.js';
import { refusal } from './refusal.js';

const run = promisify(execFile);

/** A built program that may be started. The files of an artifact are shared with the store, so that only a copy is made executable. */
export interface RunnableProgram {
  path: string;
  remove(): Promise<void>;
}

/** Makes a copy of a program artifact's `app` that may be started. */
export async function runnableProgram(input: JobInput, scratch: string): Promise<RunnableProgram> {
  const folder = await mkdtemp(join(scratch, 'program-'));
  const path = join(folder, 'app');
  await copyFile(join(input.path, 'app'), path);
  await chmod(path, 0o755);
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}

/**
 * Runs a generated program as a user starts it, once for each group of clips.
 * @param inputShape batch first
 */
export async function openProgram(
  input: JobInput,
  scratch: string,
  inputShape: readonly number[],
  signal: AbortSignal,
): Promise<Engine> {
  const { target, compiler, classes } = input.metadata as unknown as ProgramMetadata;
  const program = await runnableProgram(input, scratch);
  const folder = await mkdtemp(join(scratch, 'arrays-'));
  const [from, to] = [join(folder, 'input.npy'), join(folder, 'output.npy')];
  const runAll = async (data: Float32Array, clips: number): Promise<Float32Array> => {
    await writeFile(from, encodeNpy(data, [clips, ...inputShape.slice(1)]));
    await run(program.path, ['run', from, to], { signal }).catch((error: Error & { stderr?: string }) => {
      if (signal.aborted) throw error;
      throw refusal('BENCHMARK_ENGINE_FAILED', `app run failed: ${error.stderr?.trim() || error.message}`);
    });
    return decodeNpy(await readFile(to));
  };
  return {
    name: `program for ${target} (${compiler.name} ${compiler.version})`,
    inputs: [{ name: 'input', shape: inputShape }],
    outputs: [{ name: 'scores', shape: [1, classes.length] }],
    run: async ([data], clips) => [await runAll(data!, clips)],
    close: async () => {
      await program.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
