import { availableParallelism, cpus } from 'node:os';
import { native } from './native.js';

/** The processor that this process runs on. */
export interface CpuInfo {
  model: string;
  /** instruction sets that kernels may use, e.g. `avx2` */
  features: string[];
  /** cores that this process may use */
  cores: number;
}

export function cpuInfo(): CpuInfo {
  const model = cpus()[0]?.model.trim() || process.arch;
  return { model, features: native((addon) => addon.cpuFeatures()), cores: availableParallelism() };
}

/** A lock that this process holds. */
export interface FileLock {
  readonly path: string;
  /** Frees it; again does nothing. */
  release(): void;
}

/**
 * Takes the kernel's advisory lock (flock) on a file, which is made where it is missing and stays. It ends with this process, however that ends,
 * so a stale lock can't be left behind. It is never freed by garbage collection.
 * @throws LneError LOCK_HELD when it is taken (by this process too), LOCK_OPEN, LOCK_UNSUPPORTED
 */
export function lockFile(path: string): FileLock {
  const lock = native((addon) => addon.lockFile(path));
  let isHeld = true;
  return {
    path,
    release() {
      if (isHeld) native((addon) => addon.unlockFile(lock));
      isHeld = false;
    },
  };
}

/**
 * Names the native code that a tool's result depends on: the digest of the sources that the addon was built from, equal on every machine and in
 * every folder.
 * @param part `audio` for decoding, resampling and MFCC; `engine` for networks and generated programs
 */
export function libraryDigest(part: 'audio' | 'engine'): string {
  return native((addon) => addon.sourceDigests())[part];
}
