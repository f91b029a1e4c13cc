import { native, type ApplicationHandle } from './native.js';

/** What goes from one module of an application to the next. */
export interface ApplicationValue {
  /** `id` of the module, or `id.output` of a network with several */
  name: string;
  kind: 'sound' | 'tensor' | 'scores' | 'condition' | 'answer';
  classes: string[];
  shape: number[];
  /** of sound, else 0 */
  rateHz: number;
}

/** A module, with the numbers of the values that it takes and gives. */
export interface ApplicationModule {
  id: string;
  use: string;
  in: number[];
  /** conditions that must all hold */
  when: number[];
  out: number[];
  /** the network's file as it was named, or empty */
  model: string;
}

export interface ApplicationDescription {
  name: string;
  target: string;
  modules: ApplicationModule[];
  values: ApplicationValue[];
  /** numbers of values */
  inputs: number[];
  outputs: number[];
}

export interface ApplicationFootprint {
  arenaBytes: number;
  arenaLowerBoundBytes: number;
  weightsBytes: number;
  multiplyAdds: number;
  /** what networks, modules and values would take if nothing shared memory; absent where there is one network alone */
  apartBytes?: number;
}

/** A chain of modules that is compiled for this process. */
export class Application {
  readonly #handle: ApplicationHandle;
  readonly description: ApplicationDescription;
  readonly footprint: ApplicationFootprint;

  /** @internal `compileApplication` makes them */
  constructor(handle: ApplicationHandle) {
    this.#handle = handle;
    const { description, footprint } = native((addon) => addon.describeApplication(handle));
    this.description = JSON.parse(description) as ApplicationDescription;
    this.footprint = JSON.parse(footprint) as ApplicationFootprint;
  }

  /** Runs all modules once, networks by LNE. @returns one array per output, all NaN where a condition left it out */
  run(inputs: readonly Float32Array[]): Float32Array[] {
    return native((addon) => addon.runApplication(this.#handle, inputs));
  }

  /** Runs one module that is neither a source nor a network, for chains whose networks another engine runs. */
  runModule(module: number, sources: readonly Float32Array[]): Float32Array {
    return native((addon) => addon.runModule(this.#handle, module, sources));
  }

  /** Forgets what modules remember of earlier runs. */
  reset(): void {
    native((addon) => addon.resetApplication(this.#handle));
  }

  /**
   * The files of a program: path -> bytes. Equal options give equal bytes.
   * @param goldenInputs for the self-test, each of all inputs one after the other
   * @throws LneError LNE_GENERATE_GOLDEN
   */
  async generate(name: string, goldenInputs: readonly Float32Array[]): Promise<Map<string, Uint8Array>> {
    return new Map(await native((addon) => addon.generateApplication(this.#handle, name, goldenInputs)));
  }
}

/** The models and plans that an application file names, as they are written there. @throws LneError LNE_YAML, LNE_APPLICATION */
export function applicationFiles(text: string, file: string): string[] {
  return native((addon) => addon.applicationFiles(text, file));
}

/**
 * Compiles an application file, on a thread of its own.
 * @param files the bytes of the files that it names @param options as of `importNetwork`
 * @throws LneError LNE_YAML, LNE_APPLICATION; `problems` lists everything that is wrong, with file, line and column
 */
export async function compileApplication(
  text: string,
  files: ReadonlyMap<string, Uint8Array>,
  options: { file: string; target?: string; maxError?: number },
): Promise<Application> {
  const { file, target = 'native', maxError = 0 } = options;
  return new Application(await native((addon) => addon.compileApplication(text, file, [...files], target, maxError)));
}
