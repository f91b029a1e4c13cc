import type { EventBus } from '@sedge/ports';
import type { Response } from 'express';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RunFeed } from '../state/run-feed.service.js';
import type { RunQueries } from '../state/run-queries.service.js';
import type { ItemRow, RunRow } from '../state/run-row.js';
import { RunEventStream } from './run-event-stream.js';

/** So many are more than a connection holds that nobody reads from. */
const ITEMS = 5000;
const HOURS = 3_600_000;

let server: Server;
let row: RunRow;
let items: ItemRow[];
let feed: RunFeed;
let listeners: number;
let sockets: Socket[];
const whenAsked: ((response: Response) => void | Promise<void>)[] = [];

beforeEach(async () => {
  sockets = [];
  listeners = 0;
  feed = new RunFeed({} as EventBus);
  for (const name of ['onChange', 'onProgress', 'onWaiting', 'onClosing'] as const) countListeners(name);
  const queries = { row: async () => row, itemRows: async () => items } as Partial<RunQueries> as RunQueries;
  const streams = new RunEventStream(queries, feed);
  server = createServer(async (_, response) => {
    await whenAsked.shift()?.(response as Response);
    streams.open('run', '-1', response as Response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(async () => {
  vi.useRealTimers();
  for (const socket of sockets) socket.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Counts what listens to the feed and has not been released. */
function countListeners(name: 'onChange' | 'onProgress' | 'onWaiting' | 'onClosing'): void {
  const on = (feed[name] as (...given: unknown[]) => () => void).bind(feed);
  vi.spyOn(feed, name).mockImplementation((...given: unknown[]) => {
    listeners++;
    const end = on(...given);
    return () => {
      listeners--;
      end();
    };
  });
}

function ask(): Socket {
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  sockets.push(socket);
  socket.write('GET / HTTP/1.1\r\nhost: test\r\n\r\n');
  return socket;
}

const responseOf = (): Promise<Response> => new Promise((resolve) => void whenAsked.push(resolve));

function aRun(state: RunRow['state'], count: number): void {
  const request = { file: 'workflow.yml' } as RunRow['request'];
  row = { id: 'run', request, state, revision: '1', failure: null, created_at: new Date() } as RunRow;
  const item = { step: 'step', label: 'x'.repeat(4000), state: 'pending' } as ItemRow;
  items = Array.from({ length: count }, (_, number) => ({ ...item, number }));
}

it('writes nothing after the end to who does not read it, and lets go of everything', async () => {
  aRun('succeeded', ITEMS);
  const asked = responseOf();
  ask().pause();
  const response = await asked;
  const errors = vi.fn();
  response.on('error', errors);
  await expect.poll(() => response.writableEnded).toBe(true);
  expect(listeners).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
  await vi.advanceTimersByTimeAsync(HOURS);
  expect([errors.mock.calls, response.writableFinished]).toEqual([[], false]);
});

it('cuts off who reads nothing for long, after the end as before it', async () => {
  for (const state of ['succeeded', 'running'] as const) {
    aRun(state, ITEMS);
    const asked = responseOf();
    const socket = ask().pause();
    const response = await asked;
    await expect.poll(() => response.writableEnded || response.writableNeedDrain).toBe(true);
    expect(response.socket!.timeout).toBeGreaterThan(0);
    response.socket!.emit('timeout');
    await expect.poll(() => response.closed).toBe(true);
    expect([listeners, vi.getTimerCount()]).toEqual([0, 0]);
    socket.destroy();
  }
});

it('writes nothing more to who does not read, and goes on once it does', async () => {
  aRun('running', ITEMS);
  const asked = responseOf();
  const socket = ask().pause();
  const response = await asked;
  await expect.poll(() => response.writableNeedDrain).toBe(true);
  const { writableLength } = response;
  feed.changed('run');
  await vi.advanceTimersByTimeAsync(HOURS);
  expect(response.writableLength).toBe(writableLength);
  row = { ...row, state: 'succeeded', revision: '2' };
  items = [];
  let text = '';
  socket.on('data', (bytes: Buffer) => (text = (text + bytes.toString()).slice(-200)));
  socket.resume();
  await expect.poll(() => text).toContain('event: end\ndata: {"state":"succeeded"');
  expect([listeners, vi.getTimerCount()]).toEqual([0, 0]);
});

it('lets go of everything when a listener leaves, and takes nothing up for one that has left before', async () => {
  aRun('running', 1);
  const asked = responseOf();
  const socket = ask();
  const response = await asked;
  await once(socket, 'data');
  expect([listeners, vi.getTimerCount()]).toEqual([4, 1]);
  socket.destroy();
  await once(response, 'close');
  expect([listeners, vi.getTimerCount()]).toEqual([0, 0]);
  const opened = new Promise<void>((resolve) => {
    whenAsked.push(async (early) => {
      const closed = once(early, 'close');
      leaver.destroy();
      await closed;
      setImmediate(resolve);
    });
  });
  const leaver = ask();
  await opened;
  expect([listeners, vi.getTimerCount()]).toEqual([0, 0]);
});
