import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import { setTimeout as sleep } from 'node:timers/promises';

const RECONNECT_EVERY_MS = 250;
const CONNECT_TIMEOUT_MS = 5000;
const PING_EVERY_MS = 10_000;

/** The broker can't be used as it is named. */
export class BrokerUnreachableError extends Error {
  readonly code = 'BROKER_UNREACHABLE';
  readonly mend = 'start nats-server with JetStream (-js), or correct SEDGE_NATS_URL';

  constructor(url: string, cause: Error) {
    super(`NATS at ${withoutSecret(url)} can't be used: ${cause.message}`, { cause });
    this.name = 'BrokerUnreachableError';
  }
}

/**
 * Connects, and from then on for ever again whenever the connection is lost.
 * @param url nats://USER:PASSWORD@HOST:PORT, or tls:// where the server speaks TLS
 * @throws BrokerUnreachableError
 */
export async function connectToBroker(url: string, name: string, patienceMs: number): Promise<NatsConnection> {
  for (const deadline = Date.now() + patienceMs; ; await sleep(RECONNECT_EVERY_MS)) {
    try {
      return await connect(optionsFor(url, name));
    } catch (error) {
      if (isRefusal(error) || Date.now() > deadline) throw new BrokerUnreachableError(url, error as Error);
    }
  }
}

function optionsFor(url: string, name: string): NodeConnectionOptions {
  const { protocol, host, username, password } = new URL(url);
  return {
    servers: host,
    name,
    ...(username !== '' && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    ...(protocol === 'tls:' && { tls: {} }),
    timeout: CONNECT_TIMEOUT_MS,
    pingInterval: PING_EVERY_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_EVERY_MS,
    // A broker that is set up anew refuses for a moment whom it will know again.
    ignoreAuthErrorAbort: true,
  };
}

const isRefusal = (error: unknown): boolean =>
  /authorization|authentication/i.test((error as Error).name + (error as Error).message);

function withoutSecret(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an address that is none';
}
