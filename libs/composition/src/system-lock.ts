import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LneError, lockFile } from '@sedge/lne';

/** Frees a lock before the process ends. */
export type Unlock = () => Promise<void>;

const RETRY_MS = 200;

/**
 * Takes the lock of a folder, which the kernel frees when this process ends, however it ends. A PID file would outlive `kill -9`, and
 * Node has no call for file locks.
 * @param mode of the folder where it is made here
 * @returns null where it is taken, by this process or another
 */
export async function tryLock(folder: string, mode = 0o777): Promise<Unlock | null> {
  await makeFolder(folder, mode);
  try {
    const lock = lockFile(join(folder, 'lock'));
    return async () => lock.release();
  } catch (error) {
    if (error instanceof LneError && error.code === 'LOCK_HELD') return null;
    throw error;
  }
}

/** Makes a folder and those above it. Not by `recursive`: that never ends in Node 20 where a file system makes no folders, as /proc. */
async function makeFolder(folder: string, mode?: number): Promise<void> {
  const parent = dirname(folder);
  if (parent !== folder && !existsSync(parent)) await makeFolder(parent);
  await mkdir(folder, { mode }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

/** Takes the lock of a folder as soon as nobody else has it. @throws the signal's reason */
export async function waitForLock(folder: string, signal: AbortSignal): Promise<Unlock> {
  for (;;) {
    signal.throwIfAborted();
    const unlock = await tryLock(folder);
    if (unlock) return unlock;
    await sleep(RETRY_MS, undefined, { signal });
  }
}
