import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'minio';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { NatsServer, PostgresServer, S3Server, missingServer } from '../src/index.js';

const nats = missingServer('nats-server');
describe.skipIf(nats)(`nats-server (${nats ?? 'there'})`, () => {
  it('starts, is killed, starts again and leaves nothing', async () => {
    const server = await NatsServer.start();
    const first = server.process.pid;
    await server.process.kill();
    await server.process.start();
    expect(server.process.pid).not.toBe(first);
    await server.stop();
  });

  it('is not in the group that Ctrl-C in a terminal ends, and says when it ended', async () => {
    const server = await NatsServer.start();
    const { pid } = server.process;
    const [, , group] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    expect(Number(group)).toBe(pid);
    const ended = new Promise((resolve) => (server.process.onExit = (...how) => resolve(how)));
    process.kill(pid!, 'SIGKILL');
    expect([await ended, server.process.isRunning]).toEqual([[null, 'SIGKILL'], false]);
    await server.stop();
  });

  it('says why it does not start', async () => {
    await expect(NatsServer.start({ configuration: 'no_such_word: 1' })).rejects.toThrow(/no_such_word/);
  });

  it('dies with the process that started it, even when that is killed', async () => {
    execFileSync(process.execPath, ['tools/dev/build-project.mjs', 'libs/local-servers'], { stdio: 'ignore' });
    const script = join(import.meta.dirname, 'orphan.mjs');
    const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
    expect(existsSync(`/proc/${line}`)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => existsSync(`/proc/${line}`), { timeout: 10_000 }).toBe(false);
  });
});

const postgres = missingServer('postgres');
describe.skipIf(postgres)(`postgres (${postgres ?? 'there'})`, () => {
  it('keeps what was committed when it is killed', async () => {
    const server = await PostgresServer.start();
    const query = async (sql: string): Promise<unknown[]> => {
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      try {
        return (await client.query(sql)).rows as unknown[];
      } finally {
        await client.end();
      }
    };
    await query('CREATE TABLE kept (n int)');
    await query('INSERT INTO kept VALUES (1)');
    await server.process.kill();
    await server.process.start();
    expect(await query('SELECT n FROM kept')).toEqual([{ n: 1 }]);
    await server.stop();
  });
});

const s3 = missingServer('versitygw');
describe.skipIf(s3)(`versitygw (${s3 ?? 'there'})`, () => {
  it('keeps objects over a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sedge-s3-'));
    const server = await S3Server.start({ folder });
    const { hostname: endPoint, port } = new URL(server.url);
    const { accessKey, secretKey } = server;
    const client = new Client({
      endPoint,
      port: Number(port),
      useSSL: false,
      accessKey,
      secretKey,
      region: 'us-east-1',
    });
    await client.makeBucket('kept');
    await client.putObject('kept', 'a', 'words');
    await server.process.kill();
    await server.process.start();
    expect((await client.statObject('kept', 'a')).size).toBe(5);
    await server.stop();
    await rm(folder, { recursive: true });
  });
});
