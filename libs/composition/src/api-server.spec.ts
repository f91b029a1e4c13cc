import { once } from 'node:events';
import { request, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createApiServer } from './api-server.js';

const SILENCE_MS = 800;
let server: Server;

async function listen(handle: RequestListener, headMs = 60_000): Promise<number> {
  server = createApiServer(handle, { headMs, silenceMs: SILENCE_MS });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const lengthOf: RequestListener = async (incoming, response) => {
  response.end(String((await text(incoming).catch(() => '')).length));
};

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('a request', () => {
  it('has a body that takes as long as it comes', async () => {
    const port = await listen(lengthOf);
    expect(server.requestTimeout, 'for the whole of a request').toBe(0);
    const sent = request({ port, method: 'POST' });
    for (let piece = 0; piece < 8; piece++) {
      sent.write('x');
      await sleep(SILENCE_MS / 4);
    }
    sent.end();
    const [answer] = await once(sent, 'response');
    expect(await text(answer)).toBe('8');
  });

  it('whose body stops coming is ended', async () => {
    const sent = request({ port: await listen(lengthOf), method: 'POST', headers: { 'content-length': '2' } });
    sent.write('x');
    await expect(once(sent, 'response')).rejects.toThrow(/hang up/);
  });

  it.each(['POST', 'GET'])('may be answered late: %s', async (method) => {
    const port = await listen(async (incoming, response) => {
      const body = await text(incoming);
      await sleep(2 * SILENCE_MS);
      response.end(`late ${body}`);
    });
    const sent = request({ port, method }).end(method === 'POST' ? 'body' : undefined);
    const [answer] = await once(sent, 'response');
    expect(await text(answer)).toBe(method === 'POST' ? 'late body' : 'late ');
  });

  it('whose head does not become whole is ended', async () => {
    const socket = connect(await listen(lengthOf, 100), '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nhost: here\r\n');
    socket.resume();
    await once(socket, 'close');
  });
});
