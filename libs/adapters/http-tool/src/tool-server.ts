import { createReadStream } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

/** A tool's server can't be reached, or answered something that it should not have. */
export class ToolServerError extends Error {
  constructor(
    readonly code: 'TOOL_SERVER_UNREACHABLE' | 'TOOL_SERVER_REFUSED' | 'TOOL_SERVER_FAULTY',
    message: string,
  ) {
    super(message);
    this.name = 'ToolServerError';
  }

  /** whether it may be otherwise the next time */
  get isPassing(): boolean {
    return this.code !== 'TOOL_SERVER_REFUSED';
  }
}

interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  /** a JSON value */
  json?: unknown;
  /** path of a file whose bytes are the body */
  file?: string;
  signal?: AbortSignal;
  /** how long the server may be silent before its answer begins */
  timeoutMs?: number;
}

const MESSAGE_LIMIT = 2000;

/** Plain HTTP calls to the server of a tool. Answers are streams: nothing is held in memory, and a tool may be silent for hours. */
export class ToolServer {
  /** @param headers of every call */
  constructor(
    private readonly baseUrl: string,
    private readonly headers: Record<string, string> = {},
  ) {}

  async json(call: Call): Promise<unknown> {
    const body = await text(await this.call(call));
    try {
      return JSON.parse(body);
    } catch {
      throw new ToolServerError('TOOL_SERVER_FAULTY', `${this.placeOf(call)} answered no JSON: ${body.slice(0, 200)}`);
    }
  }

  /** For calls whose answer says nothing more than its status. */
  async done(call: Call): Promise<void> {
    (await this.call(call)).resume();
  }

  /** @throws ToolServerError unless the status is 2xx */
  async call(call: Call): Promise<IncomingMessage> {
    const answer = await this.send(call);
    const status = answer.statusCode ?? 0;
    if (status >= 200 && status < 300) return answer;
    const message = `${this.placeOf(call)} answered ${status}: ${messageIn(await text(answer))}`;
    throw new ToolServerError(status >= 500 ? 'TOOL_SERVER_FAULTY' : 'TOOL_SERVER_REFUSED', message);
  }

  private send(call: Call): Promise<IncomingMessage> {
    const url = new URL(call.path, this.baseUrl.endsWith('/') ? this.baseUrl : `${this.baseUrl}/`);
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const body = call.json === undefined ? null : Buffer.from(JSON.stringify(call.json));
    const headers = {
      ...this.headers,
      ...(body && { 'content-type': 'application/json', 'content-length': body.length }),
      ...(call.file !== undefined && { 'content-type': 'application/octet-stream' }),
    };
    return new Promise((resolve, reject) => {
      const unreachable = (error: Error): void =>
        reject(new ToolServerError('TOOL_SERVER_UNREACHABLE', `${this.placeOf(call)}: ${error.message}`));
      const request = send(url, { method: call.method, headers, ...(call.signal && { signal: call.signal }) });
      if (call.timeoutMs !== undefined) {
        request.setTimeout(call.timeoutMs, () => request.destroy(new Error(`no answer within ${call.timeoutMs} ms`)));
      }
      request.once('error', unreachable);
      request.once('response', (answer) => {
        request.setTimeout(0);
        resolve(answer);
      });
      if (call.file === undefined) request.end(body ?? undefined);
      else pipeline(createReadStream(call.file), request).catch(unreachable);
    });
  }

  private placeOf({ method, path }: Call): string {
    return `${method} ${new URL(path, this.baseUrl).href}`;
  }
}

/** Servers say what is wrong as `{message}` or as plain text. */
function messageIn(body: string): string {
  try {
    const value = JSON.parse(body) as { message?: unknown };
    if (typeof value.message === 'string') return value.message.slice(0, MESSAGE_LIMIT);
  } catch {
    // Plain text.
  }
  return body.slice(0, MESSAGE_LIMIT);
}
