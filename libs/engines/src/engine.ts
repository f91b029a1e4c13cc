/** An input or output of a network. */
export interface EnginePort {
  name: string;
  /** extents, batch included */
  shape: readonly number[];
}

/** Something that runs a network: the one border between services and what computes. */
export interface Engine {
  /** e.g. `ONNX Runtime 1.30.0` */
  readonly name: string;
  readonly inputs: readonly EnginePort[];
  readonly outputs: readonly EnginePort[];
  /**
   * Runs samples one by one, since networks are taken with a batch of one.
   * @param inputs one array per input, [sample, ...shape], float32 whatever the type is in the model's interface
   * @returns one array per output, [sample, ...shape]
   * @throws EngineError ENGINE_INPUT, ENGINE_FAILED
   */
  run(inputs: readonly Float32Array[], samples: number): Promise<Float32Array[]>;
  close(): Promise<void>;
}

export interface OpenOptions {
  /** the file's name, for messages */
  file: string;
}

/** How an engine takes a network. @throws EngineError ENGINE_MODEL, ENGINE_MISSING */
export type OpenEngine = (model: Uint8Array, options: OpenOptions) => Promise<Engine>;

/** Values of one sample. */
export function elementsOf({ shape }: EnginePort): number {
  return shape.reduce((product, extent) => product * extent, 1);
}
