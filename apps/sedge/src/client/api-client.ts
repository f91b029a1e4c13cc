import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream/promises';
import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import type { Patience } from './patience.js';
import { ServerAwayError, connectionFault, foreignServer } from './server-away.js';

/** Where the API is: a unix socket of a process on this machine, or an address. */
export type Endpoint = { socketPath: string } | { url: string };

/** One server-sent event: its id, its name and its JSON data. */
export interface ServerEvent {
  id: string | null;
  name: string;
  data: unknown;
}

/** The header by which a request that is sent again is known to be the same. */
export const IDEMPOTENCY_KEY = 'idempotency-key';

/** Talks to Sedge's HTTP API: all that the commands do goes through here, so that a plain HTTP client can do the same. */
export class ApiClient {
  private isKnown = false;

  /**
   * @param token the access token, which is sent to an address only: a socket asks for none
   * @param patience with a server that is away for a while; null: the first failure counts
   */
  constructor(
    private readonly endpoint: Endpoint,
    private readonly token: string | null = null,
    private readonly patience: Patience | null = null,
  ) {}

  /** Whether a request reached it: whoever named the server named the right one. */
  get hasAnswered(): boolean {
    return this.isKnown;
  }

  /** The same API for who would rather wait: what reads, or carries an `Idempotency-Key`, is asked for again while the server is away. */
  withPatience(patience: Patience): ApiClient {
    return new ApiClient(this.endpoint, this.token, patience);
  }

  get<Response>(path: string): Promise<Response> {
    return this.json('GET', path);
  }

  post<Response>(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Response> {
    return this.json('POST', path, body, headers);
  }

  put<Response>(path: string, body: unknown = {}): Promise<Response> {
    return this.json('PUT', path, body);
  }

  delete<Response>(path: string): Promise<Response> {
    return this.json('DELETE', path);
  }

  /** Saves what an address gives as a file. */
  async download(path: string, target: string): Promise<void> {
    await this.persist(true, async () => {
      const response = await this.send('GET', path, { accept: '*/*' });
      await pipeline(response, createWriteStream(target));
    });
  }

  /** Reads what an address gives as text. */
  async text(path: string): Promise<string> {
    return this.persist(true, async () => readText(await this.send('GET', path, { accept: '*/*' })));
  }

  /** Sends a stream of bytes and reads the JSON answer. */
  async sendStream<Response>(
    method: string,
    path: string,
    body: Readable | Buffer,
    headers: Record<string, string>,
  ): Promise<Response> {
    const response = await this.send(method, path, { accept: 'application/json', ...headers }, body);
    return this.parsed<Response>(await readText(response));
  }

  /** Sends a chunk of a file, to be put at an offset. What became of a chunk whose answer is lost, the server's offset tells. */
  async sendChunk(path: string, chunk: Buffer, offset: number, signal: AbortSignal): Promise<void> {
    const headers = {
      accept: 'application/json',
      'content-type': 'application/offset+octet-stream',
      'content-length': String(chunk.length),
      'upload-offset': String(offset),
    };
    await readText(await this.send('PATCH', path, headers, chunk, signal));
  }

  /** Follows server-sent events until the server ends the stream or the signal is given. */
  async *events(path: string, signal: AbortSignal, lastEventId?: string): AsyncGenerator<ServerEvent> {
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (lastEventId) headers['last-event-id'] = lastEventId;
    const response = await this.persist(true, () => this.send('GET', path, headers, undefined, signal));
    yield* parseEventStream(response);
  }

  /** Reads an answer of JSON lines as they come. */
  async *lines<Line>(method: string, path: string, signal: AbortSignal): AsyncGenerator<Line> {
    const response = await this.send(method, path, { accept: 'application/x-ndjson' }, undefined, signal);
    for await (const text of createInterface({ input: response })) if (text !== '') yield JSON.parse(text) as Line;
  }

  private async json<Response>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const contentType: Record<string, string> = payload
      ? { 'content-type': 'application/json', 'content-length': String(payload.length) }
      : {};
    const all = { accept: 'application/json', ...contentType, ...headers };
    const isRepeatable = method === 'GET' || IDEMPOTENCY_KEY in headers;
    const text = await this.persist(isRepeatable, async () => readText(await this.send(method, path, all, payload)));
    return this.parsed<Response>(text);
  }

  /** Does again what failed because the server is away, as long as patience lasts. */
  private async persist<Result>(isRepeatable: boolean, work: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        const result = await work();
        this.patience?.renew();
        return result;
      } catch (error) {
        const fault = connectionFault(error, this.place()) ?? error;
        if (fault instanceof ServerAwayError && !fault.isRefused) this.isKnown = true;
        if (!isRepeatable || !(fault instanceof ServerAwayError) || !this.mayComeBack(fault)) throw fault;
        if (!(await this.patience?.wait(fault))) throw fault;
      }
    }
  }

  /** One that never answered is named wrongly, and a process of the data directory that ended is stood in for at once. */
  private mayComeBack({ isRefused }: ServerAwayError): boolean {
    return !isRefused || ('url' in this.endpoint && this.isKnown);
  }

  private parsed<Response>(text: string): Response {
    try {
      return JSON.parse(text || 'null') as Response;
    } catch {
      throw foreignServer(this.place());
    }
  }

  private place(): string {
    return 'url' in this.endpoint ? this.endpoint.url : this.endpoint.socketPath;
  }

  private async send(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: Buffer | Readable,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const response = await this.open(method, path, headers, body, signal);
    this.isKnown = true;
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response;
    throw errorOf(status, await readText(response), `${method} ${path}`) ?? foreignServer(this.place());
  }

  private open(
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: Buffer | Readable,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      // A kept connection may end just when it is used again. Then reading is tried anew; what changes something gets a connection of its own.
      const isRead = method === 'GET';
      const options: RequestOptions = { method, headers, ...(!isRead && { agent: false }), ...(signal && { signal }) };
      const request =
        'socketPath' in this.endpoint
          ? httpRequest({ ...options, socketPath: this.endpoint.socketPath, path }, resolve)
          : (this.endpoint.url.startsWith('https:') ? httpsRequest : httpRequest)(
              this.endpoint.url,
              // As it is: in a URL, an id `.` would name the list that it stands in.
              {
                ...options,
                path,
                ...(this.token !== null && { headers: { ...headers, authorization: `Bearer ${this.token}` } }),
              },
              resolve,
            );
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (isRead && request.reusedSocket && error.code === 'ECONNRESET') {
          this.open(method, path, headers, body, signal).then(resolve, reject);
        } else {
          reject(connectionFault(error, this.place()) ?? error);
        }
      });
      if (body === undefined || Buffer.isBuffer(body)) request.end(body);
      else body.on('error', reject).pipe(request);
    });
  }
}

async function readText(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

interface ApiErrorBody {
  code?: string;
  message?: string;
  mend?: string;
  details?: unknown;
}

/** The server, or what is before it, can't serve for now. */
const AWAY_STATUSES = new Set([502, 503, 504]);
/** What stands before the server takes no request as long as this. */
const TOO_LARGE = 413;
/** What was asked for is wrong, or the token with which it was. */
const USAGE_STATUSES = new Set([400, 401, 403, 422]);

/** The API answers mistakes with {code, message, mend, details}. @returns null for an answer that is none of it, nor of what stands before it */
function errorOf(status: number, text: string, what: string): CommandError | null {
  let body: ApiErrorBody | null = null;
  try {
    body = JSON.parse(text) as ApiErrorBody | null;
  } catch {
    if (!AWAY_STATUSES.has(status) && status !== TOO_LARGE) return null;
  }
  body ??= {};
  const message = typeof body.message === 'string' ? body.message : `${what} was answered with ${status}`;
  const code = body.code ?? `HTTP_${status}`;
  if (AWAY_STATUSES.has(status)) return new ServerAwayError(code, message, body.mend ?? 'try again in a while', false);
  const exitCode = status === 404 ? EXIT.notFound : USAGE_STATUSES.has(status) ? EXIT.usage : EXIT.failed;
  return new CommandError(code, message, exitCode, body.mend, body.details);
}

/** @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
async function* parseEventStream(stream: AsyncIterable<Buffer>): AsyncGenerator<ServerEvent> {
  let buffer = '';
  for await (const chunk of stream) {
    buffer += chunk.toString('utf8');
    let end: number;
    while ((end = buffer.indexOf('\n\n')) >= 0) {
      const event = parseServerEvent(buffer.slice(0, end));
      buffer = buffer.slice(end + 2);
      if (event) yield event;
    }
  }
}

function parseServerEvent(block: string): ServerEvent | null {
  const fields = new Map<string, string>();
  for (const line of block.split('\n').filter((text) => !text.startsWith(':'))) {
    const [, name, value] = /^([^:]+):? ?(.*)$/.exec(line) ?? [];
    if (name) fields.set(name, fields.has(name) ? `${fields.get(name)}\n${value}` : (value ?? ''));
  }
  const data = fields.get('data');
  if (data === undefined) return null;
  return { id: fields.get('id') ?? null, name: fields.get('event') ?? 'message', data: JSON.parse(data) };
}
