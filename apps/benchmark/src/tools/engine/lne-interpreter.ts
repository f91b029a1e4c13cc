import { readFile } from 'node:fs/promises';
import type { ModelMetadata } from '@sedge/artifact-contracts';
import { importNetwork, LneError } from '@sedge/lne';
import type { Engine } from './engine.js';
import { refusal } from './refusal.js';

/**
 * Runs an ONNX model with LNE in this process: the kernels of a generated program without its compiler.
 * @throws ToolError BENCHMARK_MODEL_UNREADABLE, BENCHMARK_ENGINE_MISSING
 */
export async function openLneInterpreter(path: string, { classes }: ModelMetadata): Promise<Engine> {
  const network = await importNetwork(await readFile(path), { file: 'model.onnx', plan: null }).catch(refuse);
  const outputs = network.outputs[0]!.shape.reduce((product, extent) => product * extent, 1);
  if (outputs !== classes.length) {
    throw refusal('BENCHMARK_MODEL_UNREADABLE', `the network has ${outputs} outputs for ${classes.length} classes`);
  }
  return {
    name: 'LNE interpreter',
    run: async (data, clips) => {
      const scores = await network.runBatch(data).catch((error: Error) => {
        throw refusal('BENCHMARK_ENGINE_FAILED', `LNE says: ${error.message}`);
      });
      return Array.from({ length: clips }, (_, clip) => scores.subarray(clip * outputs, (clip + 1) * outputs));
    },
    close: async () => {},
  };
}

function refuse(error: unknown): never {
  if (!(error instanceof LneError)) throw error;
  const code = error.code === 'LNE_NOT_BUILT' ? 'BENCHMARK_ENGINE_MISSING' : 'BENCHMARK_MODEL_UNREADABLE';
  throw refusal(code, `LNE says: ${error.message}; ${error.mend}`);
}
