import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect as connectToNats } from '@nats-io/transport-node';
import { NatsServer, PostgresServer, S3Server, freePort, missingServer } from '@sedge/local-servers';
import { SmallDisk, canMount } from '@sedge/test-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServiceProcess } from '../../tools/dev/distributed/service-process.mjs';
import { Supervisor } from '../../tools/dev/distributed/supervisor.mjs';

const READY = `process.stdout.write('{"url":"http://127.0.0.1:1"}\\n');\n`;
/** Says that it is ready, and then runs nothing any more: no signal handler either. */
const STUCK = `process.on('SIGTERM', () => process.exit(0));\n${READY}setTimeout(() => { for (;;); }, 50);\n`;
const GOOD = `process.on('SIGTERM', () => process.exit(7));\n${READY}setInterval(() => {}, 1000);\n`;

describe('what ends is started again', () => {
  let folder: string;
  let lines: string[];
  let supervisor: Supervisor;
  const say = (line: string): void => void lines.push(line);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sedge-supervisor-'));
    lines = [];
    supervisor = new Supervisor({ say, firstPauseMs: 20, longestPauseMs: 80 });
  });
  afterEach(async () => {
    supervisor.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function serviceOf(source: string): Promise<ServiceProcess> {
    const entry = join(folder, 'main.mjs');
    await writeFile(entry, source);
    const options = { name: 'training-1', service: 'training', entry, environment: {}, logDirectory: folder };
    return new ServiceProcess({ ...options, endMs: 500, say });
  }
  const count = (pattern: RegExp): number => lines.filter((line) => pattern.test(line)).length;

  const missing = missingServer('nats-server', 'postgres', 'versitygw');
  it.skipIf(missing)(`on the same port, when a back end is killed (${missing ?? 'all three'})`, async () => {
    const servers = await Promise.all([NatsServer.start(), PostgresServer.start({ fsync: false }), S3Server.start()]);
    try {
      const names = ['nats-server', 'postgres', 'versitygw'];
      const before = servers.map(({ process }) => process.pid!);
      servers.forEach(({ process }, n) => supervisor.watch(names[n]!, process));
      for (const pid of before) process.kill(pid, 'SIGKILL');
      await expect.poll(() => count(/is there again, process \d+$/), { timeout: 60_000 }).toBe(3);
      for (const name of names) expect(lines).toContain(`${name} ended (SIGKILL); it is started again in 0.02 s`);
      for (const [n, { url, process }] of servers.entries()) {
        expect(process.pid).not.toBe(before[n]);
        await answers(Number(new URL(url).port));
      }
    } finally {
      supervisor.stop();
      await Promise.all(servers.map((server) => server.stop()));
    }
    expect(count(/ended/)).toBe(3);
  });

  it.skipIf(missing ?? !canMount())(
    'also where a broker runs, and stores nothing since its disk was full',
    async () => {
      const disk = new SmallDisk(8);
      const server = await NatsServer.start({ folder: disk.path, monitorPort: await freePort() });
      const client = await connectToNats({ servers: server.url, reconnectTimeWait: 50, maxReconnectAttempts: -1 });
      const looking = new Supervisor({ say, firstPauseMs: 20, longestPauseMs: 80, lookMs: 50 });
      try {
        await (await jetstreamManager(client)).streams.add({ name: 'EVENTS', subjects: ['event'] });
        const publish = (): Promise<boolean> =>
          jetstream(client)
            .publish('event', new Uint8Array(100_000), { timeout: 300 })
            .then(
              () => true,
              () => false,
            );
        for (let n = 0; n < 10; n++) expect(await publish()).toBe(true);
        const spare = join(disk.path, 'spare');
        await writeFile(spare, new Uint8Array(500_000));
        disk.fill();
        expect(await publish()).toBe(false);
        // It starts with less room than it has taken, and stores events all the same once there is more.
        await rm(spare);
        looking.watch('nats-server', server.process);
        await expect.poll(() => count(/can't do its work any more \(.*no space left/), { timeout: 20_000 }).toBe(1);
        await expect.poll(() => count(/is there again/), { timeout: 20_000 }).toBe(1);
        disk.free();
        await expect.poll(publish, { timeout: 20_000 }).toBe(true);
        for (let n = 0; n < 10; n++) expect(await publish()).toBe(true);
        expect(count(/ended/)).toBe(0);
      } finally {
        looking.stop();
        await client.close();
        await server.stop();
        disk.remove();
      }
    },
  );

  it('after a pause that grows up to a bound while it ends at once again, one start at a time', async () => {
    const service = await serviceOf(READY);
    await service.start();
    supervisor.watch('training-1', service);
    await expect.poll(() => count(/ended/), { timeout: 30_000 }).toBeGreaterThan(5);
    supervisor.stop();
    const pauses = lines.filter((line) => line.includes('ended')).map((line) => / in (\S+) s$/.exec(line)![1]);
    expect(pauses.slice(0, 5)).toEqual(['0.02', '0.04', '0.08', '0.08', '0.08']);
  });

  it('also where a start fails, with what it said', async () => {
    const service = await serviceOf(GOOD);
    await service.start();
    supervisor.watch('training-1', service);
    await writeFile(service.entry, `console.error('the database is of stone'); process.exit(5);`);
    process.kill(service.pid!, 'SIGKILL');
    await expect.poll(() => count(/ended with 5 .*of stone/), { timeout: 30_000 }).toBeGreaterThan(1);
    await writeFile(service.entry, GOOD);
    await expect.poll(() => count(/is there again/), { timeout: 30_000 }).toBe(1);
    const ended = count(/it is started again/);
    await expect(service.stop()).resolves.toBe(7);
    await expect.poll(() => count(/it is started again/)).toBe(ended + 1);
  });

  it('and what does not end when it is told to is killed, which is said', async () => {
    const stuck = await serviceOf(STUCK);
    await stuck.start();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await expect(stuck.stop()).resolves.toBeNull();
    expect([stuck.isRunning, lines]).toEqual([
      false,
      [expect.stringMatching(/^training-1 did not end within 0\.5 s and is killed/)],
    ]);
    const good = await serviceOf(GOOD);
    await good.start();
    await expect(good.stop()).resolves.toBe(7);
    expect(lines).toHaveLength(1);
  });
});

/** @throws where nobody listens */
function answers(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1').once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}
