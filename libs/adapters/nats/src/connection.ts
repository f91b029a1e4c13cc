import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import { isUntrustedServer } from '@sedge/ports';
import { setTimeout as sleep } from 'node:timers/promises';
import { inboxOf } from './broker-users.js';

const RECONNECT_EVERY_MS = 250;
const CONNECT_TIMEOUT_MS = 5000;
const PING_EVERY_MS = 10_000;

/** The broker can't be used as it is named. */
export class BrokerUnreachableError extends Error {
  readonly code = 'BROKER_UNREACHABLE';
  readonly mend: string;

  constructor(url: string, cause: Error) {
    super(`NATS at ${withoutSecret(url)} can't be used: ${cause.message}`, { cause });
    this.name = 'BrokerUnreachableError';
    this.mend = isUntrustedServer(cause)
      ? 'name the file of the authority that vouches for the server: SEDGE_CA_FILE'
      : 'start nats-server with JetStream (-js), or correct SEDGE_NATS_URL';
  }
}

export interface BrokerAddress {
  /** nats://USER:PASSWORD@HOST:PORT, or tls:// where the server speaks TLS */
  url: string;
  /** names this process in the broker's own views */
  name: string;
  /** how long the broker may take to answer at the start; it may be starting too */
  patienceMs: number;
  /** PEM file of the authorities that may vouch for the broker; null: those of the system */
  caFile?: string | null;
}

/**
 * Connects, and from then on for ever again whenever the connection is lost.
 * @throws BrokerUnreachableError
 */
export async function connectToBroker({
  url,
  name,
  patienceMs,
  caFile = null,
}: BrokerAddress): Promise<NatsConnection> {
  for (const deadline = Date.now() + patienceMs; ; await sleep(RECONNECT_EVERY_MS)) {
    try {
      return await connect(optionsFor(url, name, caFile));
    } catch (error) {
      if (isRefusal(error) || Date.now() > deadline) throw new BrokerUnreachableError(url, error as Error);
    }
  }
}

function optionsFor(url: string, name: string, caFile: string | null): NodeConnectionOptions {
  const { protocol, host, username, password } = new URL(url);
  return {
    servers: host,
    name,
    ...(username !== '' && credentials(decodeURIComponent(username), decodeURIComponent(password))),
    ...(protocol === 'tls:' && { tls: caFile === null ? {} : { caFile } }),
    timeout: CONNECT_TIMEOUT_MS,
    pingInterval: PING_EVERY_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_EVERY_MS,
    // A broker that is set up anew refuses for a moment whom it will know again.
    ignoreAuthErrorAbort: true,
  };
}

const credentials = (user: string, pass: string): NodeConnectionOptions => ({ user, pass, inboxPrefix: inboxOf(user) });

const isRefusal = (error: unknown): boolean =>
  isUntrustedServer(error) || /authorization|authentication/i.test((error as Error).name + (error as Error).message);

function withoutSecret(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an address that is none';
}
