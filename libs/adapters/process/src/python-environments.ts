import { spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, stat, statfs, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ToolUnavailableError, type ToolOutcome, type ToolRun } from '@sedge/ports';
import type { EnvironmentLock, ToolDefinition } from '@sedge/tool-contracts';
import { InstallerWords, installFailure } from './install-failure.js';
import { forgetInstaller, install, killInstaller } from './installer.js';
import { indexAnswers, indexUrl } from './package-index.js';
import { findInterpreter, type Interpreter } from './python-interpreter.js';

export interface EnvironmentWish {
  /** condition on the version, e.g. `>=3.10` */
  python: string;
  locks: EnvironmentLock[];
}

export type PreparedEnvironment = { ok: true; path: string; binaries: string } | { ok: false; outcome: ToolOutcome };

interface Preparation extends Pick<ToolRun, 'signal' | 'onLine'> {
  folder: string;
  definition: ToolDefinition;
}

/** Takes the lock of a folder as soon as nobody else has it. @returns frees it */
export type WaitForLock = (folder: string, signal: AbortSignal) => Promise<() => Promise<void>>;

/** Locked, and names the installer that is at work: one environment is made at a time, since they share the installer and the network. */
const MAKING = 'making';
/** Written last: an environment without it was interrupted on its way and is made anew. */
const READY = 'ready.json';
const UNUSED_AFTER_MS = 90 * 24 * 3600 * 1000;
/** Another process may be making it. */
const HALF_AFTER_MS = 24 * 3600 * 1000;

/**
 * Python environments of tools, each named by the digest of its lock and the Python that it is for, made once. They are made under
 * their own name, with a mark at the end instead of a rename, because an environment knows its path and can't be moved.
 */
export class PythonEnvironments {
  private readonly underWay = new Map<string, Promise<PreparedEnvironment>>();
  private readonly interpreters = new Map<string, Promise<Interpreter>>();

  /** @param lock keeps other processes from making the same environment; it waits for them */
  constructor(
    private readonly directory: string,
    private readonly lock: WaitForLock,
  ) {}

  /**
   * The first lock whose condition holds and whose index answers. The choice is remembered, since it enters the tool's digest: an index
   * that doesn't answer one day must not make every job run again.
   */
  private async chooseLock({ python, locks }: EnvironmentWish, folder: string): Promise<EnvironmentLock> {
    const interpreter = await this.interpreter(python);
    const path = join(this.directory, `choice-${await choiceKey(locks, folder)}.json`);
    const remembered = await readFile(path, 'utf8').catch(() => null);
    const chosenFile = remembered === null ? null : (JSON.parse(remembered) as { file: string }).file;
    const known = locks.find(({ file }) => file === chosenFile);
    if (known) return known;
    for (const lock of locks) {
      if (!(await isUsable(lock, interpreter))) continue;
      await mkdir(this.directory, { recursive: true });
      const draft = `${path}.${randomUUID()}`;
      await writeFile(draft, JSON.stringify({ file: lock.file }));
      await rename(draft, path);
      return lock;
    }
    const message = `none of its locks can be used: ${locks.map(({ file }) => file).join(', ')}`;
    throw new ToolUnavailableError(
      'TOOL_LOCK_UNUSABLE',
      message,
      'check the network, or give a lock without condition',
    );
  }

  /** What names the environment that a tool gets: its lock, and the Python whose markers choose among what the lock names. */
  async identify(wish: EnvironmentWish, folder: string): Promise<{ lock: string; python: string }> {
    const { tag } = await this.interpreter(wish.python);
    return { lock: (await this.chooseLock(wish, folder)).file, python: tag };
  }

  /** Gives the environment, and makes it where it isn't there. Whoever asks meanwhile waits for the same one. */
  async prepare(wish: EnvironmentWish, preparation: Preparation): Promise<PreparedEnvironment> {
    const interpreter = await this.interpreter(wish.python);
    const lock = await this.chooseLock(wish, preparation.folder);
    const path = join(this.directory, await environmentKey(lock, preparation.folder, interpreter));
    for (;;) {
      if (await isReady(path)) return usable(path);
      if (preparation.signal.aborted) return { ok: false, outcome: { status: 'cancelled' } };
      const made = await this.makeOnce(path, preparation.onLine, () =>
        this.makeAlone(path, lock, interpreter, preparation),
      );
      // Whoever was making it was cancelled; that is no reason for those who waited.
      if (made.ok || made.outcome.status !== 'cancelled') return made;
    }
  }

  private makeOnce(
    path: string,
    onLine: ToolRun['onLine'],
    make: () => Promise<PreparedEnvironment>,
  ): Promise<PreparedEnvironment> {
    let making = this.underWay.get(path);
    if (making)
      onLine({ type: 'log', level: 'info', message: 'waiting for the environment that another job is making' });
    else {
      making = make().finally(() => this.underWay.delete(path));
      this.underWay.set(path, making);
    }
    return making;
  }

  /** Removes environments that no job used for three months, and half ones that nobody works on any more. */
  async removeUnused(): Promise<void> {
    for (const name of await readdir(this.directory).catch(() => [])) {
      if (!/^[0-9a-f]{32}$/.test(name)) continue;
      const path = join(this.directory, name);
      const mark = await stat(join(path, READY)).catch(() => null);
      const { mtimeMs } = mark ?? (await stat(path));
      const isOld = Date.now() - mtimeMs > (mark ? UNUSED_AFTER_MS : HALF_AFTER_MS);
      if (isOld) await rm(path, { recursive: true, force: true });
    }
  }

  /** Other processes may share the directory of environments. */
  private async makeAlone(
    path: string,
    lock: EnvironmentLock,
    interpreter: Interpreter,
    preparation: Preparation,
  ): Promise<PreparedEnvironment> {
    await mkdir(this.directory, { recursive: true });
    let unlock: () => Promise<void>;
    try {
      unlock = await this.lock(join(this.directory, MAKING), preparation.signal);
    } catch (error) {
      if (preparation.signal.aborted) return { ok: false, outcome: { status: 'cancelled' } };
      throw error;
    }
    try {
      return (await isReady(path)) ? usable(path) : await this.make(path, lock, interpreter, preparation);
    } finally {
      await unlock();
    }
  }

  private async make(
    path: string,
    lock: EnvironmentLock,
    interpreter: Interpreter,
    { folder, definition, signal, onLine }: Preparation,
  ): Promise<PreparedEnvironment> {
    const noteDirectory = join(this.directory, MAKING);
    await killInstaller(noteDirectory);
    await rm(path, { recursive: true, force: true });
    const shortage = await diskShortage(this.directory, definition);
    if (shortage) return { ok: false, outcome: shortage };
    onLine({ type: 'log', level: 'info', message: `making the environment of ${definition.name} from ${lock.file}` });
    const words = new InstallerWords();
    const outcome = await install({
      path,
      lockPath: join(folder, lock.file),
      index: lock.index ?? null,
      bootstrapDirectory: join(this.directory, 'bootstrap'),
      noteDirectory,
      interpreter,
      signal,
      onLine: (line) => {
        if (line.type === 'log') words.add(line.message);
        onLine(line);
      },
    });
    await forgetInstaller(noteDirectory);
    if (outcome.status !== 'succeeded') {
      await rm(path, { recursive: true, force: true });
      return { ok: false, outcome: installFailure(outcome, words, definition.name) };
    }
    await writeFile(
      join(path, READY),
      JSON.stringify({ tool: definition.name, lock: lock.file, python: interpreter.version }),
    );
    return usable(path);
  }

  private interpreter(wanted: string): Promise<Interpreter> {
    let found = this.interpreters.get(wanted);
    if (!found) {
      found = findInterpreter(wanted);
      this.interpreters.set(wanted, found);
      found.catch(() => this.interpreters.delete(wanted));
    }
    return found;
  }
}

const usable = (path: string): PreparedEnvironment => ({ ok: true, path, binaries: join(path, 'bin') });

/** An environment whose interpreter is gone (the system's Python was replaced) is made anew. */
async function isReady(path: string): Promise<boolean> {
  if (!existsSync(join(path, READY)) || !existsSync(join(path, 'bin', 'python'))) return false;
  const now = new Date();
  await utimes(join(path, READY), now, now);
  return true;
}

async function isUsable(lock: EnvironmentLock, interpreter: Interpreter): Promise<boolean> {
  if (lock.when === 'no-gpu' && hasGpu()) return false;
  if (lock.index === undefined) return true;
  const url = indexUrl(lock.index);
  return url !== null && indexAnswers(url, interpreter);
}

let gpu: boolean | undefined;

function hasGpu(): boolean {
  gpu ??= spawnSync('nvidia-smi', ['-L'], { timeout: 5000 }).status === 0;
  return gpu;
}

async function choiceKey(locks: EnvironmentLock[], folder: string): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(locks));
  for (const { file } of locks) hash.update(await readLock(folder, file));
  return hash.digest('hex').slice(0, 32);
}

async function environmentKey(lock: EnvironmentLock, folder: string, { tag }: Interpreter): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([tag, lock.index ?? null]));
  return hash
    .update(await readLock(folder, lock.file))
    .digest('hex')
    .slice(0, 32);
}

async function readLock(folder: string, file: string): Promise<Buffer> {
  return readFile(join(folder, file)).catch(() => {
    const message = `its lock file ${file} is missing in ${folder}`;
    throw new ToolUnavailableError('TOOL_LOCK_MISSING', message, 'add the file, or correct runtime.environment.locks');
  });
}

async function diskShortage(directory: string, { name, resources }: ToolDefinition): Promise<ToolOutcome | null> {
  const { bavail, bsize } = await statfs(directory);
  const freeMb = Math.floor((bavail * bsize) / 1e6);
  const neededMb = resources.diskMb ?? 0;
  if (freeMb >= neededMb) return null;
  const message = `the environment of ${name} needs ${neededMb} MB, and ${directory} has ${freeMb} MB free; free some, or move the data directory`;
  return { status: 'failed', class: 'permanent', code: 'ENVIRONMENT_DISK_FULL', message };
}
