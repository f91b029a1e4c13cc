// The Python environments of tests, kept in .cache/python and named by the digest of their lock, so they are made once.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mergeLocks } from '../setup/merge-locks.mjs';
import { openEnvironments, prepareEnvironment, writeLock } from '../setup/python-environments.mjs';

const DIRECTORY = join('.cache', 'python');

/** The folder of the training tool and its tests. */
export const TRAINING_TOOL = join('tools', 'training', 'train-pytorch');

/** Independent implementations (librosa, ONNX Runtime, h5py, OpenCV …) that tests compare with. @returns path of the interpreter */
export function referencePython() {
  const lock = join('tools', 'dev', 'reference-env', 'requirements.lock');
  return pythonOf('reference tests', [lock], 1500);
}

/** What the training tool itself would get on this machine, and what its tests compare with. @returns path of the interpreter */
export async function trainingPython() {
  const { parse } = await import('yaml');
  const { runtime, resources } = parse(readFileSync(join(TRAINING_TOOL, 'tool.yaml'), 'utf8'));
  const { lock } = await (await openEnvironments(DIRECTORY)).identify(runtime.environment, TRAINING_TOOL);
  const { index } = runtime.environment.locks.find(({ file }) => file === lock);
  const locks = [lock, 'requirements.test.lock'].map((file) => join(TRAINING_TOOL, file));
  return pythonOf('training tests', locks, resources.diskMb + 1000, index);
}

async function pythonOf(name, locks, diskMb, index) {
  const text = mergeLocks(locks.map((path) => readFileSync(path, 'utf8')));
  const folder = writeLock(DIRECTORY, name.replace(' ', '-'), text);
  const wish = { python: '>=3.10', locks: [{ file: 'requirements.lock', index }] };
  const path = await prepareEnvironment(await openEnvironments(DIRECTORY), { name, wish, folder, diskMb });
  return join(path, 'bin', 'python');
}
