import { createHash } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Frees a lock before the process ends. */
export type Unlock = () => Promise<void>;

const RETRY_MS = 200;

/**
 * Takes the lock of a folder, which the kernel frees when this process ends, however it ends.
 *
 * The lock is a name in Linux's abstract socket name space: bound by one process at a time, and gone with it. A PID file would outlive
 * `kill -9`, and Node has no call for file locks.
 * @returns null where another process has it
 */
export async function tryLock(folder: string): Promise<Unlock | null> {
  await mkdir(folder, { recursive: true });
  const name = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex');
  const server = createServer((socket) => socket.destroy());
  if (!(await bind(server, `\0sedge-${name}`))) return null;
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
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

function bind(server: Server, name: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(name, () => resolve(true));
  });
}
