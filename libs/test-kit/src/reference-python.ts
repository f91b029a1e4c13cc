import { spawnSync } from 'node:child_process';

/** The interpreter with librosa, soundfile and h5py that `npm test` makes; null where a single test is run without it. */
export const REFERENCE_PYTHON = process.env['SEDGE_REFERENCE_PYTHON'] ?? null;

/** Runs a script there. @returns its standard output */
export function runReference(script: string, args: string[]): string {
  const { status, stdout, stderr } = spawnSync(REFERENCE_PYTHON!, ['-c', script, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
