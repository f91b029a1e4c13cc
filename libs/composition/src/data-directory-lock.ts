import { createHash } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';

/** Another process has the data directory. */
export class DataDirectoryBusyError extends Error {
  readonly code = 'DATA_DIRECTORY_BUSY';
  readonly mend = 'use its API (commands find it by themselves), end it, or choose another --data-dir';

  constructor(path: string) {
    super(`another process works on ${path}`);
    this.name = 'DataDirectoryBusyError';
  }
}

/**
 * Takes the lock of a data directory, which the kernel frees when this process ends, however it ends. Without it two processes would
 * open the embedded database and each lose what the other writes.
 *
 * The lock is a name in Linux's abstract socket name space: bound by one process at a time, and gone with it. A PID file would outlive
 * `kill -9`, and Node has no call for file locks.
 * @returns frees the lock before the process ends
 */
export async function lockDataDirectory(path: string): Promise<() => Promise<void>> {
  await mkdir(path, { recursive: true });
  const name = createHash('sha256')
    .update(await realpath(path))
    .digest('hex');
  const server = createServer((socket) => socket.destroy());
  await bind(server, `\0sedge-${name}`, path);
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}

function bind(server: Server, name: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new DataDirectoryBusyError(path) : error);
    });
    server.listen(name, resolve);
  });
}
