import type { ModelMetadata } from '@sedge/artifact-contracts';
import { createRequire } from 'node:module';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Engine } from './engine.js';
import { refusal } from './refusal.js';

/** One thread and no spinning: what is compared is the work on one core. */
export const ONE_THREAD: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
};

export function onnxRuntimeName(): string {
  const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string };
  return `ONNX Runtime ${version}`;
}

/** Runs an ONNX model with ONNX Runtime. @throws BENCHMARK_MODEL_UNREADABLE */
export async function openOnnxRuntime(path: string, metadata: ModelMetadata): Promise<Engine> {
  const session = await InferenceSession.create(path, ONE_THREAD).catch((error: Error) => {
    throw refusal('BENCHMARK_MODEL_UNREADABLE', `${path}: ONNX Runtime says: ${error.message}`);
  });
  const [input, output] = [session.inputNames[0]!, session.outputNames[0]!];
  const shape = [1, ...metadata.input.shape.slice(1)];
  const size = shape.reduce((product, length) => product * length, 1);
  return {
    name: onnxRuntimeName(),
    run: async (data, clips) => {
      const scores: Float32Array[] = [];
      for (let clip = 0; clip < clips; clip++) {
        const tensor = new Tensor('float32', data.subarray(clip * size, (clip + 1) * size), shape);
        const results = await session.run({ [input]: tensor }).catch((error: Error) => {
          throw refusal('BENCHMARK_ENGINE_FAILED', `${path}: ONNX Runtime says: ${error.message}`);
        });
        scores.push(Float32Array.from(results[output]!.data as Float32Array));
      }
      return scores;
    },
    close: () => session.release(),
  };
}
