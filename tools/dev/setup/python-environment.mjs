// Locked Python environments for tests, each named by the digest of its lock and its Python, made once and kept in .cache/python.
// They are made by the installer that makes the environments of tools, so the same mirrors, proxies and caches count.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, utimesSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { mergeLocks } from './merge-locks.mjs';
import { SetupError, assertFreeDisk } from './steps.mjs';

const HOME = resolve('.cache', 'python');
const READY = 'ready';
const UNUSED_AFTER_MS = 30 * 24 * 3600 * 1000;

const adapter = (module) => import(pathToFileURL(resolve('libs', 'adapters', 'process', 'dist', module)).href);

/**
 * The interpreter of an environment that holds what locks name and nothing else. The TypeScript must be built.
 * @param name of the environment, for people
 * @param locks paths of lock files, together complete (nothing is installed that they leave out)
 * @param neededMb free disk that making it takes
 * @param index name of a package index besides the user's own, or null
 */
export async function lockedPython(name, locks, neededMb, index = null) {
  const { findInterpreter } = await adapter('python-interpreter.js');
  const interpreter = await findInterpreter('>=3.10');
  const lock = mergeLocks(locks.map((path) => readFileSync(path, 'utf8')));
  const digest = createHash('sha256').update(`${interpreter.tag} ${index}\n${lock}`).digest('hex').slice(0, 16);
  const path = join(HOME, `${name}-${digest}`);
  if (!existsSync(join(path, READY))) await make({ name, path, lock, neededMb, index, interpreter });
  utimesSync(join(path, READY), new Date(), new Date());
  return join(path, 'bin', 'python');
}

async function make({ name, path, lock, neededMb, index, interpreter }) {
  removeUnused(name);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(HOME, { recursive: true });
  assertFreeDisk(HOME, neededMb, `The Python environment '${name}' of the tests`);
  const lockPath = `${path}.lock`;
  writeFileSync(lockPath, lock);
  const { install } = await adapter('installer.js');
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const started = Date.now();
  const words = [];
  const heartbeat = setInterval(() => console.error(`  environment '${name}' … ${seconds(started)}`), 20_000);
  const outcome = await install({
    path,
    lockPath,
    index,
    bootstrapDirectory: join(HOME, 'bootstrap'),
    interpreter,
    signal: stop.signal,
    onLine: (line) => words.push(line.message ?? JSON.stringify(line)),
  }).finally(() => clearInterval(heartbeat));
  process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  if (outcome.status === 'succeeded') {
    writeFileSync(join(path, READY), `${interpreter.version}\n`);
    console.log(`  ✓ environment '${name}'  ${seconds(started)}`);
    return;
  }
  rmSync(path, { recursive: true, force: true });
  throw new SetupError(
    `The Python environment '${name}' can't be made from ${lockPath}: ${outcome.message ?? outcome.status}\n${words.slice(-30).join('\n')}`,
  );
}

/** Environments of earlier locks of the same name, and others that no run used for a month. */
function removeUnused(name) {
  for (const entry of existsSync(HOME) ? readdirSync(HOME) : []) {
    const mark = join(HOME, entry, READY);
    const isOld = existsSync(mark) && Date.now() - statSync(mark).mtimeMs > UNUSED_AFTER_MS;
    if (isOld || entry.startsWith(`${name}-`)) rmSync(join(HOME, entry), { recursive: true, force: true });
  }
}

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(0)} s`;
