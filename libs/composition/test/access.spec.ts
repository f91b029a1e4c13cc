import { stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Controller, Get, Module } from '@nestjs/common';
import { digestOfBytes } from '@sedge/artifact-contracts';
import { Needs, makeKeyPair, makeToken, type Caller, type KeyPair } from '@sedge/service-kit';
import { UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSettings, startProcess } from '../src/index.js';
import { makeDataDirectory, start, type Started } from './stage-harness.js';

const READ = '/v1/stages/tools';
const JOB = digestOfBytes('no such job');
const HOUR_MS = 3_600_000;

interface Answer {
  status: number;
  code: string | undefined;
  challenge: string | null;
}

describe('a process that asks for access tokens', () => {
  let folder: Awaited<ReturnType<typeof makeDataDirectory>>;
  let keys: KeyPair;
  let started: Started;

  beforeAll(async () => {
    folder = await makeDataDirectory();
    keys = await makeKeyPair();
    const keysFile = join(folder.path, 'keys.json');
    await writeFile(keysFile, JSON.stringify(keys.keySet));
    const teams = 'sample=vision,benchmark=measuring';
    started = await start(join(folder.path, 'home'), { SEDGE_ACCESS_KEYS: keysFile, SEDGE_TEAMS: teams });
    await started.client.until(() => started.client.tools.has('write-note'));
  });
  afterAll(async () => {
    await started?.process.close();
    await folder?.remove();
  });

  const tokenFor = (caller: Partial<Caller>, expiresInMs = HOUR_MS, key = keys.signingKey): Promise<string> =>
    makeToken(
      key,
      { subject: 'tester', scope: 'read', team: null, ...caller },
      { issuedAt: new Date(Date.now() - 2 * HOUR_MS), expiresAt: new Date(Date.now() + expiresInMs) },
    );

  async function ask(method: string, path: string, authorization?: string): Promise<Answer> {
    const headers = { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) };
    const init = method === 'GET' ? { headers } : { method, headers, body: '{}' };
    const answer = await fetch(`${started.process.url}${path}`, init);
    const text = await answer.text();
    const heard = { method, path, status: answer.status, contentType: answer.headers.get('content-type'), text };
    expect(started.answers.mistakesIn(heard)).toEqual([]);
    const { code } = JSON.parse(text || '{}') as { code?: string };
    return { status: answer.status, code, challenge: answer.headers.get('www-authenticate') };
  }
  const bearing = (token: string): string => `Bearer ${token}`;
  const changed = (token: string): string => {
    const [head, , signature] = token.split('.');
    const body = { iss: 'sedge', aud: 'sedge-api', sub: 'me', scope: 'admin', exp: 4e9 };
    return [head, Buffer.from(JSON.stringify(body)).toString('base64url'), signature].join('.');
  };
  const unsigned = (): string =>
    new UnsecuredJWT({ scope: 'admin' })
      .setIssuer('sedge')
      .setAudience('sedge-api')
      .setSubject('me')
      .setExpirationTime('1h')
      .encode();

  it('refuses a request without a token, and says how to come back', async () => {
    const refusal = {
      status: 401,
      code: 'ACCESS_TOKEN_MISSING',
      challenge: expect.stringContaining('Bearer') as unknown,
    };
    expect(await ask('GET', READ)).toEqual(refusal);
    expect(await ask('GET', READ, 'Basic c2VkZ2U6c2VkZ2U=')).toEqual(refusal);
    expect(await ask('GET', READ, 'Bearer ')).toEqual(refusal);
  });

  it('reads no body of somebody unknown, and none that is compressed', async () => {
    const post = async (body: Buffer | string, more: Record<string, string> = {}): Promise<[number, unknown]> => {
      const headers = { 'content-type': 'application/json', ...more };
      const answer = await fetch(`${started.process.url}/v1/jobs/${JOB}/claim`, { method: 'POST', headers, body });
      return [answer.status, ((await answer.json()) as { code: unknown }).code];
    };
    const zeros = gzipSync(`[${'{},'.repeat(1_000_000)}{}]`);
    const compressed = { 'content-encoding': 'gzip' };
    for (const [body, more] of [
      ['{', {}],
      [zeros, compressed],
      ['abc', compressed],
      ['x'.repeat(40 << 20), {}],
    ] as const)
      expect(await post(body, more)).toEqual([401, 'ACCESS_TOKEN_MISSING']);
    const known = { authorization: bearing(await tokenFor({ scope: 'run', team: 'vision' })) };
    expect(await post('{', known)).toEqual([400, 'HTTP_REQUEST_INVALID']);
    for (const body of [zeros, 'abc'])
      expect(await post(body, { ...known, ...compressed })).toEqual([415, 'HTTP_BODY_INVALID']);
  });

  it.each<[string, () => Promise<string> | string]>([
    ['is none', () => 'hunter2'],
    ['was signed by another key', async () => tokenFor({}, HOUR_MS, (await makeKeyPair()).signingKey)],
    [
      'was signed by another key under the name of ours',
      async () => tokenFor({}, HOUR_MS, { ...(await makeKeyPair()).signingKey, kid: keys.signingKey.kid! }),
    ],
    ['has expired', () => tokenFor({}, -60_000)],
    ['was changed', async () => changed(await tokenFor({}))],
    ['is not signed', unsigned],
    ['has a scope that there is not', () => tokenFor({ scope: 'everything' as never })],
  ])('refuses a token that %s', async (_what, make) => {
    expect(await ask('GET', READ, bearing(await make()))).toMatchObject({ status: 401, code: 'ACCESS_TOKEN_REFUSED' });
  });

  it('keeps recordings, logs and state from others on the machine', async () => {
    expect((await stat(join(folder.path, 'home'))).mode & 0o777).toBe(0o700);
  });

  it('lets a token of the scope in, and one of a larger one', async () => {
    for (const scope of ['read', 'run', 'admin'] as const) {
      expect((await ask('GET', READ, bearing(await tokenFor({ scope })))).status).toBe(200);
    }
  });

  it('refuses a token of a smaller scope', async () => {
    const answer = await ask(
      'POST',
      `/v1/jobs/${JOB}/claim`,
      bearing(await tokenFor({ scope: 'read', team: 'vision' })),
    );
    expect(answer).toMatchObject({ status: 403, code: 'ACCESS_SCOPE_MISSING' });
  });

  it('lets only the team that owns a stage act for it, or an administrator: claim a job, try a tool', async () => {
    const { client } = started;
    const job = await client.ask({ tool: 'write-note' });
    await client.hear('sedge.job.succeeded.v1', job);
    const fence = { attempt: 1, token: 'none' };
    const bodies = {
      claim: { worker: 'w' },
      heartbeat: fence,
      complete: { ...fence, outputs: {}, durationMs: 1 },
      fail: { ...fence, class: 'permanent', code: 'X', message: 'x' },
    };
    const act = async (caller: Partial<Caller>, verb: keyof typeof bodies): Promise<unknown> => {
      const headers = {
        'content-type': 'application/json',
        authorization: bearing(await tokenFor({ scope: 'run', ...caller })),
      };
      const init = { method: 'POST', headers, body: JSON.stringify(bodies[verb]) };
      const answer = await fetch(`${started.process.url}/v1/jobs/${job}/${verb}`, init);
      return ((await answer.json()) as { code?: string }).code;
    };
    for (const verb of ['claim', 'heartbeat', 'complete', 'fail'] as const) {
      for (const team of [null, 'measuring']) expect(await act({ team }, verb)).toBe('ACCESS_TEAM_DIFFERS');
      // What is let in is answered by the stage: the job is at its end.
      for (const caller of [{ team: 'vision' }, { scope: 'admin' as const }]) {
        expect(await act(caller, verb)).toMatch(/^JOB_/);
      }
    }
    for (const verb of ['test', 'prepare']) {
      const path = `/v1/stages/tools/write-note/${verb}`;
      const stranger = await ask('POST', path, bearing(await tokenFor({ scope: 'run', team: 'measuring' })));
      expect(stranger).toMatchObject({ status: 403, code: 'ACCESS_TEAM_DIFFERS' });
    }
    const own = bearing(await tokenFor({ scope: 'run', team: 'vision' }));
    expect((await ask('POST', '/v1/stages/tools/write-note/test', own)).status).toBe(200);
  });

  it('tells everybody how it is, and what it offers', async () => {
    for (const path of ['/v1/health/live', '/v1/health/ready', '/v1/openapi.json', '/v1/asyncapi.json']) {
      expect((await fetch(`${started.process.url}${path}`)).status).toBe(200);
    }
  });

  it('lets whoever can open its socket do anything', async () => {
    const status = await new Promise((resolve, reject) => {
      const asked = request({ socketPath: started.process.socketPath, path: '/v1/dead-letters' }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      asked.on('error', reject).end();
    });
    expect(status).toBe(200);
  });
});

describe('a route that does not say who may ask for it', () => {
  @Controller('v1/planted')
  class PlantedController {
    @Get('declared')
    @Needs('read')
    declared(): string {
      return 'declared';
    }

    @Get('forgotten')
    forgotten(): string {
      return 'forgotten';
    }
  }

  @Module({ controllers: [PlantedController] })
  class PlantedModule {}

  it('keeps the process from starting, which names it', async () => {
    const folder = await makeDataDirectory();
    const settings = readSettings({ SEDGE_HOME: folder.path, XDG_CACHE_HOME: join(tmpdir(), 'sedge-test-cache') });
    const message = /PlantedController\.forgotten \(GET v1\/planted\/forgotten\)/;
    await expect(startProcess({ modules: [PlantedModule], settings })).rejects.toThrow(message);
    await folder.remove();
  });
});

describe('the settings of access', () => {
  it('let a process listen elsewhere than at its own machine only where it asks for tokens', () => {
    expect(() => readSettings({ SEDGE_HOST: '0.0.0.0', SEDGE_PORT: '0' })).toThrow(/SEDGE_ACCESS_KEYS/);
    const { listen, access } = readSettings({
      SEDGE_HOST: '0.0.0.0',
      SEDGE_PORT: '0',
      SEDGE_ACCESS_KEYS: '/etc/keys.json',
    });
    expect([listen?.host, access.keysFile]).toEqual(['0.0.0.0', '/etc/keys.json']);
  });

  it('name a file of keys that is none', async () => {
    const folder = await makeDataDirectory();
    const keysFile = join(folder.path, 'keys.json');
    await writeFile(keysFile, 'secret');
    const settings = readSettings({ SEDGE_HOME: folder.path, SEDGE_ACCESS_KEYS: keysFile });
    await expect(startProcess({ modules: [], settings })).rejects.toMatchObject({ code: 'ACCESS_FILE_UNUSABLE' });
    await folder.remove();
  });

  it('name a file of the own token that is not there, at the start', async () => {
    const folder = await makeDataDirectory();
    const settings = readSettings({ SEDGE_HOME: folder.path, SEDGE_TOKEN_FILE: '/nope' });
    await expect(startProcess({ modules: [], settings })).rejects.toMatchObject({
      code: 'ACCESS_FILE_UNUSABLE',
      message: expect.stringContaining('SEDGE_TOKEN_FILE: /nope: ENOENT') as string,
    });
    await folder.remove();
  });
});
