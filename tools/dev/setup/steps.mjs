// The set-up steps of the two commands: Node modules, TypeScript, native code. Uses Node's own modules only, since nothing is installed yet.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { checkPrograms } from './programs.mjs';

// Progress goes to standard error, so that what a command prints can be piped.
const isTerminal = process.stderr.isTTY === true;
const root = resolve(import.meta.dirname, '..', '..', '..');
const stampPath = join('.cache', 'setup', 'node-modules.stamp');

export class SetupError extends Error {
  exitCode = 1;
}

/** Ctrl-C or SIGTERM while something was set up. */
export class InterruptedError extends SetupError {
  exitCode = 130;

  constructor() {
    super('Stopped. What is done is kept; run the command again to go on.');
  }
}

/** Calls back once at Ctrl-C or SIGTERM. @returns takes it back */
export function onInterrupt(action) {
  process.once('SIGINT', action).once('SIGTERM', action);
  return () => process.off('SIGINT', action).off('SIGTERM', action);
}

/** Shows what is going on and how long it still takes: in place on a terminal, a sign of life every 20 s elsewhere. */
export function progressLine(label) {
  const started = Date.now();
  let left = '';
  const state = () => `  ${label} … ${seconds(started)}${left}`;
  const heartbeat = isTerminal ? null : setInterval(() => console.error(state()), 20_000);
  return {
    show(text) {
      left = remainingText(doneShare(text), Date.now() - started) ?? left;
      if (isTerminal) process.stderr.write(`\r\x1b[K${state()}  ${text.trim().slice(0, 90)}`);
    },
    end() {
      if (heartbeat) clearInterval(heartbeat);
      if (isTerminal) process.stderr.write('\r\x1b[K');
    },
  };
}

/** The share that is done, from what Ninja (`[12/45] …`), Make (`[ 26%] …`) and our own steps (`12 of 45 packages`) print; null elsewhere. */
export function doneShare(line) {
  const [, done, total] = /\[(\d+)\/(\d+)\]/.exec(line) ?? /(\d+) of (\d+) \w/.exec(line) ?? [];
  if (Number(total) > 0) return Math.min(1, Number(done) / Number(total));
  const percent = /\[ *(\d+)%\]/.exec(line)?.[1];
  return percent === undefined ? null : Number(percent) / 100;
}

/** Before this much is done a guess would be far off. */
const LEAST_SHARE = 0.05;

/** What remains at the pace so far; null while it is not known. */
export function remainingText(share, elapsedMs) {
  if (share === null || share < LEAST_SHARE || elapsedMs < 2000) return null;
  const leftS = Math.round((elapsedMs * (1 - share)) / share / 1000);
  return leftS < 60 ? `, about ${leftS} s left` : `, about ${Math.round(leftS / 60)} min left`;
}

/** Runs a command, shows its last line as progress, and gives everything that it printed when it fails. */
export function runCommand(label, command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      ...options,
      env: { ...process.env, ...options.env },
    });
    const tail = [];
    const progress = progressLine(label);
    const onData = (chunk) => {
      for (const line of chunk.toString().split(/[\r\n]+/)) {
        if (line.trim() === '') continue;
        tail.push(line);
        if (tail.length > 400) tail.shift();
        progress.show(line);
      }
    };
    let isStopped = false;
    const release = onInterrupt(() => {
      isStopped = true;
      child.kill('SIGTERM');
    });
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    child.on('error', (error) => {
      release();
      progress.end();
      reject(new SetupError(`${label}: ${command} can't be started: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      release();
      progress.end();
      if (isStopped) return reject(new InterruptedError());
      if (code === 0) return resolve(tail.join('\n'));
      const words = `${command} ${args.join(' ')} ended with ${signal ?? code}`;
      reject(new SetupError(`${label} failed (${words}):\n${tail.slice(-40).join('\n')}`));
    });
  });
}

const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(0)} s`;

/** Runs a step, prints how long it took, and adds it to the list that the split is printed from. */
export async function step(times, label, kind, action) {
  const started = Date.now();
  const note = await action();
  const tookMs = Date.now() - started;
  times.push({ label, kind, tookMs });
  console.log(`  ✓ ${label}${note ? ` (${note})` : ''}  ${(tookMs / 1000).toFixed(1)} s`);
}

/** Refuses to start when a system program is missing: names each, and how to get it. */
export function assertPrograms() {
  const rows = checkPrograms();
  const missing = rows.filter((row) => row.version === null);
  if (missing.length === 0) return rows.map((row) => `${row.name.split(' ≥')[0]} ${row.version}`).join(', ');
  const lines = missing.map((row) => `  ${row.name} — ${row.why}\n      get it: ${row.get}`);
  throw new SetupError(
    `Missing on this machine:\n${lines.join('\n')}\nInstall ${missing.length === 1 ? 'it' : 'them'}, then run the command again.`,
  );
}

/**
 * Refuses to start when a disk is too small for what will be put on it.
 * @param mend what helps besides freeing some
 */
export function assertFreeDisk(path, neededMb, what, mend = 'set SEDGE_HOME to a folder on another disk') {
  let folder = resolve(path);
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = statfsSync(folder);
  const freeMb = Math.floor((bavail * bsize) / 1_048_576);
  if (freeMb >= neededMb) return `${(freeMb / 1024).toFixed(0)} GB free`;
  throw new SetupError(
    `${what} needs ${neededMb} MB of free disk at ${folder}, and ${freeMb} MB are free. Free some, or ${mend}.`,
  );
}

const lockDigest = () =>
  createHash('sha256').update(readFileSync('package-lock.json')).update(process.version).digest('hex');

/** Whether npm has put what the lock file names, by npm's own record of it; of the packages for other platforms none is there. */
function isInstalled() {
  const record = join('node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const packagesOf = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;
  const there = packagesOf(record);
  return Object.entries(packagesOf('package-lock.json')).every(([place, { integrity, link, optional }]) => {
    if (!place.includes('node_modules/')) return true;
    const found = there[place];
    return found ? found.link === link && found.integrity === integrity : optional === true;
  });
}

/** Installs the Node modules of the lock file, unless they are those already. The user's npm configuration (proxy, registry, cache) applies. */
export async function installNodeModules() {
  const digest = lockDigest();
  if (existsSync('node_modules') && existsSync(stampPath) && readFileSync(stampPath, 'utf8') === digest)
    return 'unchanged';
  const isThere = isInstalled();
  if (!isThere) {
    assertFreeDisk('.', 1200, 'Installing the Node modules', 'move the clone to another disk');
    await runCommand('Node modules', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel', 'http']);
  }
  mkdirSync(dirname(stampPath), { recursive: true });
  writeFileSync(stampPath, digest);
  return isThere ? 'there already' : 'installed';
}

/** Compiles the native engine, its Node addon and the lne command. @param options of build.mjs */
export async function buildNative(options = []) {
  await runCommand('native engine', process.execPath, [join(root, 'lne', 'node', 'build.mjs'), ...options]);
}

/** Transpiles the TypeScript projects. */
export async function buildTypescript() {
  await runCommand('TypeScript', process.execPath, [join('tools', 'dev', 'build-all.mjs')]);
}

/** Everything that any command of the workspace needs, in order. */
export async function setUp(times) {
  await step(times, 'system programs', 'check', () => assertPrograms());
  await step(times, 'Node modules', 'download', installNodeModules);
  await step(times, 'TypeScript', 'build', buildTypescript);
  await step(times, 'native engine', 'build', () => buildNative());
}
