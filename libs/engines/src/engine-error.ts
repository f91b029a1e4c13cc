import { elementsOf, type Engine } from './engine.js';

export type EngineErrorCode = 'ENGINE_UNKNOWN' | 'ENGINE_MISSING' | 'ENGINE_MODEL' | 'ENGINE_INPUT' | 'ENGINE_FAILED';

/** What an engine refuses. The message names the thing, the place and the mend. */
export class EngineError extends Error {
  override readonly name = 'EngineError';

  constructor(
    readonly code: EngineErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** @throws EngineError ENGINE_INPUT where the arrays are not what the network takes */
export function assertInputs(engine: Engine, inputs: readonly Float32Array[], samples: number): void {
  if (!Number.isInteger(samples) || samples < 1) {
    throw new EngineError('ENGINE_INPUT', `${samples} samples were asked for; give one or more`);
  }
  if (inputs.length !== engine.inputs.length) {
    const message = `the network has ${engine.inputs.length} inputs, and ${inputs.length} were given`;
    throw new EngineError('ENGINE_INPUT', message);
  }
  engine.inputs.forEach((port, i) => {
    const wanted = elementsOf(port) * samples;
    if (inputs[i]!.length === wanted) return;
    const message = `input '${port.name}' takes ${wanted} values for ${samples} samples, and ${inputs[i]!.length} were given`;
    throw new EngineError('ENGINE_INPUT', message);
  });
}
