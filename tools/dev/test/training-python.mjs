// The environment in which the training tool's own tests run: the lock that the tool itself would get on this machine, and what its tests compare with.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { lockedPython } from '../setup/python-environment.mjs';

/** The folder of the tool and its tests. */
export const TRAINING_TOOL = join('tools', 'training', 'train-pytorch');

/** PyTorch in its default build brings the libraries of a GPU with it, whether there is one or not. */
const NEEDED_MB = 7000;

export async function trainingPython() {
  const { parse } = await import('yaml');
  const { runtime } = parse(readFileSync(join(TRAINING_TOOL, 'tool.yaml'), 'utf8'));
  const { PythonEnvironments } = await import(
    pathToFileURL(resolve('libs', 'adapters', 'process', 'dist', 'python-environments.js')).href
  );
  const chosen = await new PythonEnvironments(resolve('.cache', 'python')).chooseLock(
    runtime.environment,
    TRAINING_TOOL,
  );
  const locks = [chosen.file, 'requirements.test.lock'].map((file) => join(TRAINING_TOOL, file));
  return lockedPython('training', locks, NEEDED_MB, chosen.index ?? null);
}
