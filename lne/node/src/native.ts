import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { MfccParameters, MfccShape, Recording } from './audio.js';
import { LneError, toLneError } from './errors.js';
import type { ExploreOptions } from './exploration.js';
import type { Port } from './network.js';

/** Something of the addon that only the addon looks into. */
export type NetworkHandle = object & { readonly __network: unique symbol };

/** As `NetworkHandle`, of an application. */
export type ApplicationHandle = object & { readonly __application: unique symbol };

/** The addon as it is: every function checks its arguments and throws errors with a code. */
export interface Addon {
  decodeWav(bytes: Uint8Array): Recording;
  resample(samples: Float32Array, fromHz: number, toHz: number): Promise<Float32Array>;
  mfccShape(parameters: MfccParameters): MfccShape;
  mfcc(clips: Int16Array | Float32Array, parameters: MfccParameters): Promise<Float32Array>;
  importNetwork(
    bytes: Uint8Array,
    file: string,
    plan: string,
    target: string,
    maxError: number,
    plugins: readonly string[] | null,
  ): Promise<NetworkHandle>;
  describe(network: NetworkHandle): NetworkDescription;
  run(network: NetworkHandle, inputs: readonly Float32Array[]): Float32Array[];
  runBatch(network: NetworkHandle, samples: Float32Array): Promise<Float32Array>;
  timeRuns(
    network: NetworkHandle,
    inputs: readonly Float32Array[],
    runs: number,
    warmup: number,
  ): Promise<Float64Array>;
  report(network: NetworkHandle, runs: number): Promise<string>;
  generate(
    network: NetworkHandle,
    name: string,
    metadata: string,
    goldenInputs: readonly Float32Array[],
  ): Promise<[string, Uint8Array][]>;
  explore(
    bytes: Uint8Array,
    file: string,
    options: ExploreOptions,
    stop: Uint8Array,
    progress: (stage: string, done: number, all: number) => void,
  ): Promise<{ plan: string; report: string; page: string }>;
  applicationFiles(text: string, file: string): string[];
  compileApplication(
    text: string,
    file: string,
    files: readonly (readonly [string, Uint8Array])[],
    target: string,
    maxError: number,
  ): Promise<ApplicationHandle>;
  describeApplication(application: ApplicationHandle): { description: string; footprint: string };
  runApplication(application: ApplicationHandle, inputs: readonly Float32Array[]): Float32Array[];
  runModule(application: ApplicationHandle, module: number, sources: readonly Float32Array[]): Float32Array;
  resetApplication(application: ApplicationHandle): void;
  generateApplication(
    application: ApplicationHandle,
    name: string,
    goldenInputs: readonly Float32Array[],
  ): Promise<[string, Uint8Array][]>;
  nativeTarget(): string;
  operators(): string;
  cpuFeatures(): string[];
  lockFile(path: string): number;
  unlockFile(lock: number): boolean;
  sourceDigests(): { audio: string; engine: string };
}

export interface NetworkDescription {
  inputs: Port[];
  outputs: Port[];
  /** JSON, or empty */
  metadata: string;
  plan: string;
  footprint: string;
}

let addon: Addon | undefined;

function load(): Addon {
  const path = fileURLToPath(new URL('../build/lne.node', import.meta.url));
  if (!existsSync(path)) throw new LneError('LNE_NOT_BUILT', 'the native engine is not built');
  try {
    return createRequire(import.meta.url)(path) as Addon;
  } catch (error) {
    throw new LneError('LNE_NOT_BUILT', `the native engine can't be loaded: ${(error as Error).message}`, undefined, {
      cause: error,
    });
  }
}

/** Calls the addon, which is loaded at the first call, and gives its errors this package's form. */
export function native<Result>(call: (addon: Addon) => Result): Result {
  addon ??= load();
  try {
    const result = call(addon);
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      throw toLneError(error);
    }) as Result;
  } catch (error) {
    throw toLneError(error);
  }
}
