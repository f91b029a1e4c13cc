import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiClient } from './api-client.js';
import { Patience } from './patience.js';

const LASTS_MS = 1500;

describe('a command with patience', () => {
  let server: Server;
  let seen: string[];
  let notes: string[];
  /** what the server does with each request, in their order; the last counts for all that follow */
  let turns: RequestListener[];
  let api: ApiClient;

  const answer: RequestListener = (_, response) => void response.end('{"good":true}');
  const breakOff: RequestListener = (request) => void request.resume().on('end', () => request.socket.destroy());
  const refuse: RequestListener = (_, response) => {
    response.statusCode = 503;
    response.end('{"code":"DATABASE_UNREACHABLE","message":"database: away","mend":"wait"}');
  };

  beforeEach(async () => {
    [seen, notes, turns] = [[], [], [answer]];
    server = createServer((request, response) => {
      seen.push(`${request.method} ${String(request.headers['idempotency-key'])}`);
      (turns.length > 1 ? turns.shift()! : turns[0]!)(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const patience = new Patience(new AbortController().signal, (text) => notes.push(text), LASTS_MS);
    api = new ApiClient({ url }).withPatience(patience);
  });
  afterEach(() => void server.close());

  it('reads again while the connection breaks and the server says that it can not serve, and tells it once', async () => {
    turns = [breakOff, refuse, breakOff, answer];
    expect(await api.get('/v1/runs')).toEqual({ good: true });
    expect(seen).toHaveLength(4);
    expect(notes).toEqual([expect.stringMatching(/does not answer.*Trying again for/)]);
  });

  it('asks again for what it began, by the same key, and never twice for what has none', async () => {
    turns = [breakOff, refuse, answer];
    expect(await api.post('/v1/runs', {}, { 'idempotency-key': 'one' })).toEqual({ good: true });
    expect(seen).toEqual(['POST one', 'POST one', 'POST one']);
    turns = [breakOff, answer];
    await expect(api.post('/v1/runs/1/cancel')).rejects.toMatchObject({ code: 'CLI_CONNECTION_BROKEN', exitCode: 5 });
    expect(seen).toHaveLength(4);
  });

  it('gives up when the time is over, with what the server said last', async () => {
    turns = [refuse];
    const startedAt = Date.now();
    await expect(api.get('/v1/runs')).rejects.toMatchObject({
      code: 'DATABASE_UNREACHABLE',
      message: 'database: away',
      exitCode: 5,
    });
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(LASTS_MS);
    expect(seen.length).toBeGreaterThan(2);
    expect(notes).toHaveLength(1);
  });

  it('waits for a server that answered before and listens no more, and for none that never did', async () => {
    const { port } = server.address() as AddressInfo;
    await api.get('/v1/runs');
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const read = api.get('/v1/runs');
    await expect.poll(() => notes).toHaveLength(1);
    server.listen(port, '127.0.0.1');
    expect(await read).toEqual({ good: true });
    const patience = new Patience(new AbortController().signal, (text) => notes.push(text), LASTS_MS);
    const wrong = new ApiClient({ url: 'http://127.0.0.1:1' }).withPatience(patience);
    await expect(wrong.get('/v1/runs')).rejects.toMatchObject({ code: 'CLI_SERVER_UNREACHABLE' });
    expect(notes).toHaveLength(1);
  });

  it('lets go at once when the user interrupts', async () => {
    const interruption = new AbortController();
    const patience = new Patience(interruption.signal, () => interruption.abort(), 60_000);
    turns = [refuse];
    await expect(api.withPatience(patience).get('/v1/runs')).rejects.toMatchObject({ name: 'AbortError' });
  });
});
