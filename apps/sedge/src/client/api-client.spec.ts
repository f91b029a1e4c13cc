import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import {
  createServer as createSocketServer,
  type AddressInfo,
  type Server as SocketServer,
  type Socket,
} from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiClient } from './api-client.js';

/** Answers each connection once, and breaks it when it is used again: as a server that ends idle connections, at the worst moment. */
function serverOfShortConnections(seen: string[]): Server {
  const served = new WeakSet<Socket>();
  return createServer((request, response) => {
    if (served.has(request.socket)) {
      request.socket.resetAndDestroy();
      return;
    }
    served.add(request.socket);
    seen.push(`${request.method} ${request.url}`);
    response.end('{"good":true}');
  });
}

describe('ApiClient', () => {
  let server: Server;
  let seen: string[];
  let client: ApiClient;
  beforeEach(async () => {
    seen = [];
    server = serverOfShortConnections(seen).listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = new ApiClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  });
  afterEach(() => server.close());

  it('asks for what is named, dots too, not for what that would lead to', async () => {
    await client.get('/v1/runs/.');
    await client.get('/v1/runs/..');
    expect(seen).toEqual(['GET /v1/runs/.', 'GET /v1/runs/..']);
  });

  it('reads on when a kept connection ends as it is used again', async () => {
    for (let i = 0; i < 5; i++) expect(await client.get(`/${i}`)).toEqual({ good: true });
    expect(seen).toEqual(['GET /0', 'GET /1', 'GET /2', 'GET /3', 'GET /4']);
  });

  it('sends what changes something once, on a connection of its own', async () => {
    await client.get('/first');
    for (let i = 0; i < 3; i++) await client.post(`/${i}`);
    expect(seen).toEqual(['GET /first', 'POST /0', 'POST /1', 'POST /2']);
  });
});

describe('ApiClient at a server that is no Sedge', () => {
  const askAt = async (server: Server | SocketServer): Promise<unknown> => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const said = await new ApiClient({ url }).get('/v1/runs').catch((error: unknown) => error);
    server.close();
    return said;
  };

  it('says so, whatever is answered there', async () => {
    const page = '<html>hello</html>';
    const servers = [
      createServer((_, response) => response.end(page)),
      createServer((_, response) => response.writeHead(404).end(page)),
      createSocketServer((socket) => void socket.on('error', () => undefined).end('INFO {"server_id":"N"}\r\n')),
    ];
    for (const server of servers) {
      expect(await askAt(server)).toMatchObject({
        code: 'CLI_NOT_SEDGE',
        exitCode: 5,
        mend: expect.stringContaining('--server') as string,
      });
    }
  });
});
