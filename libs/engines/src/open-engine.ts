import type { Engine, OpenEngine, OpenOptions } from './engine.js';
import { EngineError } from './engine-error.js';
import { openLne } from './lne.js';
import { openOnnxRuntime } from './onnx-runtime.js';

/** Engines by the name by which users choose them. A further one needs a line here, and passes the same contract tests. */
const OPENERS = { onnxruntime: openOnnxRuntime, lne: openLne } as const satisfies Record<string, OpenEngine>;

export type EngineName = keyof typeof OPENERS;
export const ENGINE_NAMES = Object.keys(OPENERS) as EngineName[];

/** Opens a network with the engine of a name. @throws EngineError ENGINE_UNKNOWN, ENGINE_MODEL, ENGINE_MISSING */
export async function openEngine(name: string, model: Uint8Array, options: OpenOptions): Promise<Engine> {
  if (!Object.hasOwn(OPENERS, name)) {
    throw new EngineError('ENGINE_UNKNOWN', `there is no engine '${name}'; choose ${ENGINE_NAMES.join(' or ')}`);
  }
  return OPENERS[name as EngineName](model, options);
}
