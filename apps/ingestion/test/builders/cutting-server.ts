import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServedFile {
  content: Buffer;
  /** null: none is sent, so that nothing can be gone on with */
  etag: string | null;
  /** bytes after which the connection is torn, for each request in turn; none left: it is served whole */
  cuts: number[];
  ranges: boolean;
}

/** An HTTP server on this machine that tears connections when it is told to. */
export class CuttingServer {
  /** of each request: its path and range */
  readonly requests: string[] = [];
  readonly files = new Map<string, ServedFile>();
  readonly redirects = new Map<string, string>();
  readonly failures = new Map<string, number[]>();
  /** further headers of a file, by its path */
  readonly headers = new Map<string, Record<string, string>>();

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => this.answer(request, response));
  }

  static async start(): Promise<CuttingServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new CuttingServer(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  serve(path: string, content: Buffer, options: Partial<ServedFile> = {}): string {
    this.files.set(path, { content, etag: '"1"', cuts: [], ranges: true, ...options });
    return `${this.url}${path}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url!;
    this.requests.push(`${path} ${request.headers.range ?? 'whole'}`);
    const status = this.failures.get(path)?.shift();
    const target = this.redirects.get(path);
    const file = this.files.get(path);
    if (status !== undefined) response.writeHead(status).end();
    else if (target !== undefined) response.writeHead(302, { location: target }).end();
    else if (file) {
      for (const header of Object.entries(this.headers.get(path) ?? {})) response.setHeader(...header);
      send(request, response, file);
    } else response.writeHead(404).end();
  }
}

function send(request: IncomingMessage, response: ServerResponse, file: ServedFile): void {
  const total = file.content.length;
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const isPart =
    file.ranges && start > 0 && (!request.headers['if-range'] || request.headers['if-range'] === file.etag);
  const tag = file.etag === null ? {} : { etag: file.etag };
  if (isPart && start >= total) {
    response.writeHead(416, { 'content-range': `bytes */${total}` }).end();
    return;
  }
  const body = isPart ? file.content.subarray(start) : file.content;
  const range = isPart ? { 'content-range': `bytes ${start}-${total - 1}/${total}` } : {};
  response.writeHead(isPart ? 206 : 200, { 'content-length': body.length, ...range, ...tag });
  const cut = file.cuts.shift();
  if (cut === undefined) response.end(body);
  else response.write(body.subarray(0, cut), () => setTimeout(() => response.destroy(), 20));
}
