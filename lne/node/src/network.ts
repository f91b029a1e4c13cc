import { native, type NetworkDescription, type NetworkHandle } from './native.js';

/** An input or output of a network. */
export interface Port {
  name: string;
  /** extents, batch included */
  shape: number[];
}

/** Where a network came from, and how its layers shall be run. */
export interface ImportOptions {
  /** the file's name, for messages */
  file: string;
  /** text of a plan as `Network.plan` gives it, perhaps edited; null for the engine's own choice */
  plan: string | null;
  /** the processor that it is planned for: `native` (the default), `x86-64-v3`, `x86-64-v4`, `aarch64`, `armv7` or `generic` */
  target?: string;
  /** bound on what Winograd layers may differ by from the reference kernels, as a share of the largest element; 0 (the default) leaves it to the depth of the network */
  maxError?: number;
  /** as of `ExploreOptions`; null (the default) keeps what the plan says */
  plugins?: readonly string[] | null;
}

export interface Footprint {
  arenaBytes: number;
  arenaLowerBoundBytes: number;
  weightsBytes: number;
  scratchBytes: number;
  multiplyAdds: number;
}

/** What a generated program shall be. */
export interface GenerateOptions {
  /** name of the program's files and functions: letters, digits and `_` */
  name: string;
  /** inputs that the program carries with their outputs for its self-test, each of the size of the first network input */
  goldenInputs: readonly Float32Array[];
  /** in place of what the model says under `sedge`; null keeps that */
  metadata: unknown;
}

/** A network that is compiled for this process. Its asynchronous calls run on a thread of their own, one after the other. */
export class Network {
  readonly #handle: NetworkHandle;
  readonly #description: NetworkDescription;

  /** @internal `importNetwork` makes them */
  constructor(handle: NetworkHandle) {
    this.#handle = handle;
    this.#description = native((addon) => addon.describe(handle));
  }

  get inputs(): readonly Port[] {
    return this.#description.inputs;
  }

  get outputs(): readonly Port[] {
    return this.#description.outputs;
  }

  /** What the model says of its own use (classes, preprocessing), or null. */
  get metadata(): unknown {
    return parsed(this.#description.metadata);
  }

  /** Text of a plan file: primitive and variant per layer. */
  get plan(): string {
    return this.#description.plan;
  }

  get footprint(): Footprint {
    return JSON.parse(this.#description.footprint) as Footprint;
  }

  /**
   * Runs once, on the calling thread and without copies: the shortest way for one sample.
   * @param inputs one array per input, row-major @returns one array per output
   * @throws LneError LNE_INPUT, LNE_NOT_FINITE, LNE_BUSY while an asynchronous call is under way
   */
  run(inputs: readonly Float32Array[]): Float32Array[] {
    return native((addon) => addon.run(this.#handle, inputs));
  }

  /**
   * Runs many samples, for networks of one input and one output.
   * @param samples [sample, ...input shape] @returns [sample, ...output shape]
   * @throws LneError LNE_INPUT, LNE_NOT_FINITE
   */
  async runBatch(samples: Float32Array): Promise<Float32Array> {
    return native((addon) => addon.runBatch(this.#handle, samples));
  }

  /** @returns microseconds of each of `runs` runs, measured in the engine; `warmup` runs before them do not count */
  async timeRuns(inputs: readonly Float32Array[], runs: number, warmup: number): Promise<Float64Array> {
    return native((addon) => addon.timeRuns(this.#handle, inputs, runs, warmup));
  }

  /** Per layer what was chosen, what was refused and why, work and bytes; times when `runs` > 0. */
  async report(runs: number): Promise<unknown> {
    return JSON.parse(await native((addon) => addon.report(this.#handle, runs)));
  }

  /**
   * The files of a program for the target that the network is planned for: path -> bytes. Equal options give equal bytes.
   * @throws LneError LNE_METADATA, LNE_GENERATE_GOLDEN
   */
  async generate(options: GenerateOptions): Promise<Map<string, Uint8Array>> {
    const { name, goldenInputs } = options;
    const metadata = options.metadata == null ? '' : JSON.stringify(options.metadata);
    return new Map(await native((addon) => addon.generate(this.#handle, name, metadata, goldenInputs)));
  }
}

/**
 * Compiles an ONNX file or a Caffe network (a prototxt, a zero byte and its caffemodel) for this process, on a thread of its own.
 * @throws LneError LNE_ONNX_…, LNE_CAFFE_…, LNE_PLAN_…, LNE_PLUGIN, LNE_TARGET; `problems` lists everything that is wrong, e.g. all unknown operators
 */
export async function importNetwork(bytes: Uint8Array, options: ImportOptions): Promise<Network> {
  const { file, plan, target = 'native', maxError = 0, plugins = null } = options;
  return new Network(await native((addon) => addon.importNetwork(bytes, file, plan ?? '', target, maxError, plugins)));
}

/** The target that `native` stands for on this machine. */
export function nativeTarget(): string {
  return native((addon) => addon.nativeTarget());
}

/** An operator of ONNX that the engine imports. */
export interface Operator {
  name: string;
  onnx: string[];
  summary: string;
}

/** A layer type of Caffe that the engine imports. */
export interface CaffeLayer {
  type: string;
  summary: string;
}

/** A plugin whose kernels call a library. */
export interface LibraryPlugin {
  plugin: string;
  /** the library's own name, and the Debian package that brings it */
  library: string;
  package: string;
  /** whether the library was there when this engine was built */
  isBuilt: boolean;
}

export function operators(): { onnx: Operator[]; caffe: CaffeLayer[]; libraries: LibraryPlugin[] } {
  return JSON.parse(native((addon) => addon.operators())) as ReturnType<typeof operators>;
}

function parsed(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // A foreign file may hold anything under the key; what is no JSON says nothing.
    return null;
  }
}
