import { connect as connectSocket } from 'node:net';
import { ApiClient } from '../client/api-client.js';
import { socketPathOf } from './data-directory.js';

export interface Connection {
  api: ApiClient;
  /** ends what was started for this command; nothing where a process was running already */
  close(): Promise<void>;
}

/** Connects to `serverUrl` or to the running process of the data directory; starts an all-in-one process inside this one when there is none. */
export async function connectOrStart(dataDirectory: string, serverUrl: string | undefined): Promise<Connection> {
  if (serverUrl) return { api: new ApiClient({ url: serverUrl }), close: async () => {} };
  const socketPath = socketPathOf(dataDirectory);
  if (await answers(socketPath)) return { api: new ApiClient({ socketPath }), close: async () => {} };
  // Loaded only when needed: most of what the process consists of is behind this import.
  const { startAllInOne } = await import('./all-in-one.js');
  const server = await startAllInOne({ dataDirectory });
  return { api: new ApiClient({ socketPath }), close: () => server.close() };
}

/** Whether a process listens at a unix socket. */
export function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
