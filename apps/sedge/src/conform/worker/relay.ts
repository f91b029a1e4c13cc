import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

/** A request of the worker, as far as checks look at it. */
export interface Call {
  at: number;
  method: string;
  path: string;
  /** what it does to a job, null where it is about something else */
  job: { id: string; verb: 'claim' | 'heartbeat' | 'complete' | 'fail' | 'show' } | null;
  /** of a call about a job */
  body: Record<string, unknown>;
  /** null until it is answered, and where it never is */
  status: number | null;
  answer: Record<string, unknown>;
}

/** What becomes of a call: it passes, it is answered by the relay itself, or its connection is cut. */
export type Interception = 'pass' | 'cut' | { status: number; body: object };

/** Asked before each call; while it waits, the worker waits. */
export type Interceptor = (call: Call) => Interception | Promise<Interception>;

const JOB_CALL = /^\/v1\/jobs\/([^/?]+)(?:\/(claim|heartbeat|complete|fail))?$/;

/**
 * Stands between a worker and its stage: hears what the worker asks for, and can be the network or the stage that a worker must cope
 * with, which holds answers back, cuts connections, or says something newer.
 */
export class Relay {
  readonly calls: Call[] = [];
  intercept: Interceptor = () => 'pass';
  /** changes the answers to calls about jobs */
  rewrite: (answer: Record<string, unknown>) => Record<string, unknown> = (answer) => answer;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  static async start(target: string): Promise<Relay> {
    const server = createServer();
    const relay = new Relay(server, new URL(target));
    server.on('request', (asked, answer) => void relay.pass(asked, answer).catch(() => answer.destroy()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Calls about one job, in their order. */
  about(id: string, ...verbs: NonNullable<Call['job']>['verb'][]): Call[] {
    return this.calls.filter(({ job }) => job?.id === id && (verbs.length === 0 || verbs.includes(job.verb)));
  }

  /** Lets everything pass again. */
  calm(): void {
    this.intercept = () => 'pass';
    this.rewrite = (answer) => answer;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private async pass(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const path = asked.url ?? '/';
    const match = JOB_CALL.exec(path);
    const bytes = match ? await buffer(asked) : null;
    const call: Call = {
      at: Date.now(),
      method: asked.method ?? 'GET',
      path,
      job: match && { id: decodeURIComponent(match[1]!), verb: (match[2] as 'claim' | undefined) ?? 'show' },
      body: bytes === null ? {} : objectIn(bytes),
      status: null,
      answer: {},
    };
    this.calls.push(call);
    const interception = await this.intercept(call);
    if (interception === 'cut') return void asked.socket.destroy();
    if (interception !== 'pass') return reply(answer, call, interception.status, interception.body);
    const given = await this.forward(asked, bytes);
    if (match) return reply(answer, call, given.statusCode ?? 502, this.rewrite(objectIn(await buffer(given))));
    call.status = given.statusCode ?? 502;
    answer.writeHead(call.status, given.headers);
    await pipeline(given, answer);
  }

  private forward(asked: IncomingMessage, bytes: Buffer | null): Promise<IncomingMessage> {
    const { hostname, port } = this.target;
    return new Promise((resolve, reject) => {
      const headers = { ...asked.headers, host: this.target.host };
      const options = { hostname, port, path: asked.url, method: asked.method, headers, agent: false as const };
      const onward = request(options, resolve).once('error', reject);
      if (bytes !== null) onward.end(bytes);
      else pipeline(asked, onward).catch(reject);
    });
  }
}

function reply(answer: ServerResponse, call: Call, status: number, body: object): void {
  call.status = status;
  call.answer = body as Record<string, unknown>;
  const text = JSON.stringify(body);
  answer.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text);
}

function objectIn(bytes: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
