// Makes Python environments by the code that makes those of tools, so the same locks, mirrors, proxies and caches count. The TypeScript
// must be built.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InterruptedError, SetupError, onInterrupt, progressLine } from './steps.mjs';

const built = (...path) => import(pathToFileURL(resolve('libs', ...path)).href);

/** The environments that a directory keeps. */
export async function openEnvironments(directory) {
  const { PythonEnvironments } = await built('adapters', 'process', 'dist', 'python-environments.js');
  const { waitForLock } = await built('composition', 'dist', 'system-lock.js');
  return new PythonEnvironments(resolve(directory), waitForLock);
}

/**
 * Makes an environment where it isn't there, and shows how far it is. Ctrl-C ends it, and what is half done is removed.
 * @param wish Python and locks, as in a tool's `runtime.environment`
 * @param folder of the locks
 * @param diskMb free disk that making it takes
 * @returns the path of its folder
 */
export async function prepareEnvironment(environments, { name, wish, folder, diskMb }) {
  const stop = new AbortController();
  const release = onInterrupt(() => stop.abort());
  const progress = progressLine(`environment of ${name}`);
  const lines = [];
  const onLine = (line) => {
    if (line.type === 'log') lines.push(line.message);
    progress.show(line.type === 'progress' ? `${line.done} of ${line.total} packages` : (line.message ?? ''));
  };
  const definition = { name, resources: { diskMb } };
  try {
    const made = await environments.prepare(wish, { folder: resolve(folder), definition, signal: stop.signal, onLine });
    if (made.ok) return made.path;
    if (made.outcome.status === 'cancelled') throw new InterruptedError();
    throw new SetupError(`${made.outcome.message}\n${lines.slice(-30).join('\n')}`);
  } finally {
    progress.end();
    release();
  }
}

/** Writes the lock of an environment for tests beside the environments. @returns the folder of the file `requirements.lock` */
export function writeLock(directory, name, text) {
  const folder = join(directory, 'locks', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'requirements.lock'), text);
  return folder;
}
