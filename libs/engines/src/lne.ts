import { importNetwork, LneError, type Network } from '@sedge/lne';
import { elementsOf, type Engine, type OpenOptions } from './engine.js';
import { assertInputs, EngineError } from './engine-error.js';

/** LNE in this process: the kernels of a generated program without its compiler. */
export async function openLne(model: Uint8Array, { file }: OpenOptions): Promise<Engine> {
  const network = await importNetwork(model, { file, plan: null }).catch((error: unknown) => {
    if (!(error instanceof LneError)) throw error;
    const code = error.code === 'LNE_NOT_BUILT' ? 'ENGINE_MISSING' : 'ENGINE_MODEL';
    throw new EngineError(code, `${file}: LNE says: ${error.message}; ${error.mend}`, { cause: error });
  });
  const engine: Engine = {
    name: 'LNE interpreter',
    inputs: network.inputs,
    outputs: network.outputs,
    run: async (inputs, samples) => {
      assertInputs(engine, inputs, samples);
      try {
        return await runAll(network, inputs, samples);
      } catch (error) {
        throw new EngineError('ENGINE_FAILED', `${file}: LNE says: ${(error as Error).message}`, { cause: error });
      }
    },
    close: async () => {},
  };
  return engine;
}

/** Networks of one input and one output run off this thread; others sample by sample on it. */
async function runAll(network: Network, inputs: readonly Float32Array[], samples: number): Promise<Float32Array[]> {
  if (inputs.length === 1 && network.outputs.length === 1) return [await network.runBatch(inputs[0]!)];
  const results = network.outputs.map((port) => new Float32Array(samples * elementsOf(port)));
  for (let sample = 0; sample < samples; sample++) {
    const sources = inputs.map((data, i) => {
      const size = elementsOf(network.inputs[i]!);
      return data.subarray(sample * size, (sample + 1) * size);
    });
    network.run(sources).forEach((data, i) => results[i]!.set(data, sample * data.length));
  }
  return results;
}
