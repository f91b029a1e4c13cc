import { tryLock, type Unlock } from './system-lock.js';

/** Another process has the data directory. */
export class DataDirectoryBusyError extends Error {
  readonly code = 'DATA_DIRECTORY_BUSY';
  readonly mend = 'use its API (commands find it by themselves), end it, or choose another --data-dir';

  constructor(path: string) {
    super(`another process works on ${path}`);
    this.name = 'DataDirectoryBusyError';
  }
}

/** The data directory can't be made or written. */
export class DataDirectoryUnusableError extends Error {
  readonly code = 'DATA_DIRECTORY_UNUSABLE';
  readonly mend = 'choose a folder on a local disk that you may write, by --data-dir or SEDGE_HOME';

  constructor(path: string, cause: Error) {
    super(`${path} can't be used as data directory: ${cause.message}`, { cause });
    this.name = 'DataDirectoryUnusableError';
  }
}

/** Recordings, logs and state are for nobody else on the machine. A folder that is there keeps what its owner gave it. */
const PRIVATE = 0o700;

/** Takes the lock of a data directory: two processes that open one embedded database each lose what the other writes. */
export async function lockDataDirectory(path: string): Promise<Unlock> {
  let unlock: Unlock | null;
  try {
    unlock = await tryLock(path, PRIVATE);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!/^(E[A-Z]+|LOCK_\w+)$/.test(code)) throw error;
    throw new DataDirectoryUnusableError(path, error as Error);
  }
  if (!unlock) throw new DataDirectoryBusyError(path);
  return unlock;
}
