import { readFileSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { ApiClient } from '../client/api-client.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { socketPathOf } from './data-directory.js';

export interface Connection {
  api: ApiClient;
  /** whether the process was started for this command */
  isOwn: boolean;
  /** ends what was started for this command; nothing where a process was running already */
  close(): Promise<void>;
}

/** A Sedge that the user names. */
export interface NamedServer {
  url: string;
  /** file of the access token; absent: SEDGE_TOKEN */
  tokenFile: string | undefined;
}

/** Connects to the server that is named or to the running process of the data directory; starts an all-in-one process inside this one when there is none. */
export async function connectOrStart(
  dataDirectory: string,
  server: NamedServer | undefined,
  isVerbose: boolean,
): Promise<Connection> {
  if (server !== undefined) {
    assertAddress(server.url);
    const api = new ApiClient({ url: server.url }, tokenFor(server));
    return { api, isOwn: false, close: async () => {} };
  }
  const socketPath = socketPathOf(dataDirectory);
  const api = new ApiClient({ socketPath });
  if (await answers(socketPath)) return { api, isOwn: false, close: async () => {} };
  // Loaded only when needed: most of what the process consists of is behind this import.
  const { startAllInOne } = await import('./all-in-one.js');
  const started = await startAllInOne({ dataDirectory, isVerbose });
  await untilToolsAreKnown(api);
  return { api, isOwn: true, close: () => started.close() };
}

function assertAddress(url: string): void {
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    const mend = 'write it as npx sedge up printed it, e.g. --server http://127.0.0.1:7350';
    throw new CommandError('CLI_BAD_SERVER', `--server '${url}' is no address`, EXIT.usage, mend);
  }
  const { origin, username, password, pathname, search, hash } = new URL(url);
  if (username !== '' || password !== '') {
    const mend = `write --server ${origin}, and give an access token by --token-file or SEDGE_TOKEN`;
    throw new CommandError('CLI_BAD_SERVER', '--server names a user, which no Sedge asks for', EXIT.usage, mend);
  }
  const more = `${pathname === '/' ? '' : pathname}${search}${hash}`;
  if (more === '') return;
  const message = `--server '${url}' goes on after host and port, where every Sedge has its API at /v1`;
  throw new CommandError('CLI_BAD_SERVER', message, EXIT.usage, `write --server ${origin}`);
}

function tokenFor({ tokenFile }: NamedServer): string | null {
  if (tokenFile === undefined) {
    const token = process.env['SEDGE_TOKEN']?.trim() || null;
    if (token !== null && !TOKEN.test(token)) throw noToken('what SEDGE_TOKEN holds');
    return token;
  }
  const token = readTokenFile(tokenFile);
  if (!TOKEN.test(token)) throw noToken(`what --token-file '${tokenFile}' holds`);
  return token;
}

/** Characters of a header's value without spaces: more than a token ever has. */
const TOKEN = /^[\x21-\x7e]+$/;

/** Says where a token came from, never what it is. */
function noToken(what: string): CommandError {
  const message = `${what} is no access token: one is a single word of letters, digits and signs`;
  return new CommandError('CLI_BAD_TOKEN', message, EXIT.usage, 'give it as npx sedge token create printed it');
}

function readTokenFile(tokenFile: string): string {
  try {
    return readFileSync(tokenFile, 'utf8').trim();
  } catch (error) {
    const message = `--token-file '${tokenFile}' can't be read: ${(error as Error).message}`;
    throw new CommandError('CLI_BAD_TOKEN_FILE', message, EXIT.usage, 'name the file that holds the access token');
  }
}

/** Stages announce their tools by events; a workflow that is checked a moment too early would find them unknown. */
async function untilToolsAreKnown(api: ApiClient): Promise<void> {
  const { tools: offered } = await api.get<{ tools: { digest: string }[] }>('/v1/stages/tools');
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await pause(20)) {
    const { tools: known } = await api.get<{ tools: { digest: string }[] }>('/v1/tools');
    const digests = new Set(known.map((tool) => tool.digest));
    if (offered.every((tool) => digests.has(tool.digest))) return;
  }
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
