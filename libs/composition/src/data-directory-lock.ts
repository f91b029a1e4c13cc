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

/** Takes the lock of a data directory: two processes that open one embedded database each lose what the other writes. */
export async function lockDataDirectory(path: string): Promise<Unlock> {
  const unlock = await tryLock(path);
  if (!unlock) throw new DataDirectoryBusyError(path);
  return unlock;
}
