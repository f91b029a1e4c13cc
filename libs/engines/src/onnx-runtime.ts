import { createRequire } from 'node:module';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { elementsOf, type Engine, type EnginePort, type OpenOptions } from './engine.js';
import { assertInputs, EngineError } from './engine-error.js';

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

interface TypedPort extends EnginePort {
  type: Tensor.Type;
}

/** ONNX Runtime on one thread. An open batch is taken as 1, as LNE does. */
export async function openOnnxRuntime(model: Uint8Array, { file }: OpenOptions): Promise<Engine> {
  const session = await InferenceSession.create(model, ONE_THREAD).catch((error: Error) => {
    throw new EngineError('ENGINE_MODEL', `${file}: ONNX Runtime says: ${error.message}`, { cause: error });
  });
  const [inputs, outputs] = [portsOf(file, session.inputMetadata), portsOf(file, session.outputMetadata)];
  const engine: Engine = {
    name: onnxRuntimeName(),
    inputs,
    outputs,
    run: async (arrays, samples) => {
      assertInputs(engine, arrays, samples);
      const results = outputs.map((port) => new Float32Array(samples * elementsOf(port)));
      for (let sample = 0; sample < samples; sample++) {
        const feeds = Object.fromEntries(inputs.map((port, i) => [port.name, tensorOf(port, arrays[i]!, sample)]));
        const given = await session.run(feeds).catch((error: Error) => {
          throw new EngineError('ENGINE_FAILED', `${file}: ONNX Runtime says: ${error.message}`, { cause: error });
        });
        outputs.forEach((port, i) => copyResult(file, port, given[port.name]!, results[i]!, sample));
      }
      return results;
    },
    close: () => session.release(),
  };
  return engine;
}

function portsOf(file: string, list: readonly InferenceSession.ValueMetadata[]): TypedPort[] {
  return list.map((port) => {
    if (!port.isTensor) throw new EngineError('ENGINE_MODEL', `${file}: '${port.name}' is no tensor`);
    const shape = port.shape.map((extent, axis) => {
      if (typeof extent === 'number' && extent >= 0) return extent;
      if (axis === 0) return 1;
      const message = `${file}: '${port.name}' has an open extent along axis ${axis}; export the model with fixed sizes`;
      throw new EngineError('ENGINE_MODEL', message);
    });
    return { name: port.name, shape, type: port.type };
  });
}

/** Numbers as the model's interface has them: integers up to 2^24 are exact in float32. */
function tensorOf(port: TypedPort, data: Float32Array, sample: number): Tensor {
  const size = elementsOf(port);
  const values = data.subarray(sample * size, (sample + 1) * size);
  if (port.type === 'float32') return new Tensor('float32', values, port.shape);
  if (port.type === 'int64')
    return new Tensor(
      'int64',
      BigInt64Array.from(values, (v) => BigInt(Math.trunc(v))),
      port.shape,
    );
  if (port.type === 'int32') return new Tensor('int32', Int32Array.from(values), port.shape);
  if (port.type === 'int8') return new Tensor('int8', Int8Array.from(values), port.shape);
  if (port.type === 'uint8') return new Tensor('uint8', Uint8Array.from(values), port.shape);
  if (port.type === 'bool') return new Tensor('bool', Uint8Array.from(values, Number), port.shape);
  throw new EngineError('ENGINE_MODEL', `input '${port.name}' is of type ${port.type}, which no engine here takes`);
}

function copyResult(file: string, port: EnginePort, tensor: Tensor, result: Float32Array, sample: number): void {
  const size = elementsOf(port);
  if (tensor.size !== size) {
    const message = `${file}: '${port.name}' has ${tensor.size} values and not ${size}; export the model with fixed sizes`;
    throw new EngineError('ENGINE_FAILED', message);
  }
  result.set(Float32Array.from(tensor.data as ArrayLike<number | bigint>, Number), sample * size);
}
