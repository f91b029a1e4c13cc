import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onlySameMachine } from './same-machine.js';

describe('an API on this machine', () => {
  let server: Server;
  beforeAll(async () => {
    server = createServer(onlySameMachine((_request, response) => response.end('answered'), 'http://training:7350'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => void server.close());

  const statusFor = (host: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const sent = request({ port, headers: { host } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode!);
      });
      sent.on('error', reject).end();
    });

  it('is reached under the address that its settings give to others, and under no other foreign one', async () => {
    const hosts = ['training:7350', '127.0.0.1:7350', 'training', 'training:80', 'evil.example:7350'];
    expect(await Promise.all(hosts.map(statusFor))).toEqual([200, 200, 403, 403, 403]);
  });
});
