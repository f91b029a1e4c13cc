import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StoreFault } from '@sedge/ports/contract';

const FULL = '<?xml version="1.0"?><Error><Code>InsufficientCapacity</Code><Message>no room</Message></Error>';

const STUMBLE =
  '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>We encountered an internal error</Message></Error>';

/** The wire to an S3 server, whose faults a test sets: it breaks in the middle, or the server behind it says that it is full. */
export class FaultyWire {
  private fault: StoreFault = { kind: 'none' };
  private roomBytes = Infinity;
  /** answers to reading that are cut after this many bytes, one after the other */
  readonly cuts: number[] = [];
  /** how many of the next requests the server stumbles over, whatever they ask */
  stumbles = 0;
  /** bytes of blobs that went to the server */
  sentBytes = 0;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {
    server.on('request', (asked: IncomingMessage, answer: ServerResponse) => this.pass(asked, answer));
  }

  static async to(url: string): Promise<FaultyWire> {
    const server = createServer();
    const wire = new FaultyWire(server, new URL(url));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return wire;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  setFault(fault: StoreFault): void {
    this.fault = fault;
    this.roomBytes = fault.kind === 'full' ? fault.afterBytes : Infinity;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private pass(asked: IncomingMessage, answer: ServerResponse): void {
    if (this.stumbles > 0) {
      this.stumbles -= 1;
      return answerWith(asked, answer, 500, STUMBLE);
    }
    const isPut = asked.method === 'PUT';
    if (isPut && this.isBroken('write')) return void asked.socket.destroy();
    if (isPut && this.isBroken('rename')) return void answer.writeHead(503).end();
    if (isPut) {
      const length = Number(asked.headers['content-length'] ?? 0);
      this.roomBytes -= length;
      if (this.roomBytes < 0) return answerWith(asked, answer, 507, FULL);
      this.sentBytes += length;
    }
    const { hostname, port } = this.target;
    const forwarded = request({ hostname, port, path: asked.url, method: asked.method, headers: asked.headers });
    forwarded.on('response', (response) => this.giveBack(asked, response, answer));
    forwarded.on('error', () => answer.destroy());
    asked.pipe(forwarded);
  }

  private giveBack(asked: IncomingMessage, response: IncomingMessage, answer: ServerResponse): void {
    const isBlob = asked.method === 'GET' && (asked.url ?? '').includes('/blobs/');
    answer.writeHead(response.statusCode ?? 502, response.headers);
    if (isBlob && this.isBroken('read')) return cutAfter(response, answer, 1000);
    const cut = isBlob ? this.cuts.shift() : undefined;
    if (cut !== undefined) return cutAfter(response, answer, cut);
    response.pipe(answer);
  }

  private isBroken(operation: 'read' | 'write' | 'rename'): boolean {
    return this.fault.kind === 'broken' && this.fault.operation === operation;
  }
}

function answerWith(asked: IncomingMessage, answer: ServerResponse, status: number, reason: string): void {
  asked.resume();
  asked.on('end', () => answer.writeHead(status, { 'content-type': 'application/xml' }).end(reason));
}

function cutAfter(response: IncomingMessage, answer: ServerResponse, bytes: number): void {
  let left = bytes;
  response.on('data', (chunk: Buffer) => {
    if (left <= 0) return;
    answer.write(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) setImmediate(() => answer.socket?.destroy());
  });
  response.on('end', () => answer.end());
}
