import { execFile } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { makeToken, type Scope } from '@sedge/service-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SedgeProcess, buildProgram, makeFolder } from './sedge-process.js';

const run = promisify(execFile);
const COMMAND = resolve(import.meta.dirname, '..', '..', 'bin', 'sedge.js');
const RANK = ['open', 'read', 'run', 'admin'];
/** Some value for each parameter of a path; the guard stands before whatever looks at them. */
const SOMETHING = `sha256:${'0'.repeat(64)}`;

interface Operation {
  method: string;
  path: string;
  scope: string;
  security: object[] | undefined;
}

interface ApiDocument {
  paths: Record<string, Record<string, { 'x-sedge-scope'?: string; security?: object[] }>>;
  components: { securitySchemes: Record<string, { type: string; scheme: string }> };
}

/** All services in one process, with tokens asked for: so that each of their routes is asked. */
describe('access to every route of every service', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let server: SedgeProcess;
  let document: ApiDocument;
  let operations: Operation[];
  const access = (): string => join(folder.path, 'access');
  const sedge = async (...args: string[]): Promise<string> =>
    (
      await run(process.execPath, [COMMAND, ...args], { env: { ...process.env, SEDGE_HOME: folder.path } })
    ).stdout.trim();
  const token = async (scope: Scope): Promise<string> => {
    const key = JSON.parse(await readFile(join(access(), 'signing-key.json'), 'utf8')) as object;
    const life = { issuedAt: new Date(), expiresAt: new Date(Date.now() + 600_000) };
    return makeToken(key, { subject: 'tester', scope, team: null }, life);
  };

  beforeAll(async () => {
    buildProgram();
    folder = await makeFolder();
    await sedge('token', 'keys', '--folder', access());
    const environment = {
      SEDGE_ACCESS_KEYS: join(access(), 'keys.json'),
      SEDGE_INPUT_FOLDERS: join(folder.path, 'inputs'),
    };
    server = await SedgeProcess.start({ dataDirectory: join(folder.path, 'home'), environment });
    document = (await (await fetch(`${server.url}/v1/openapi.json`)).json()) as ApiDocument;
    operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { 'x-sedge-scope': scope = 'undeclared', security }]) => ({
        method: method.toUpperCase(),
        path: path.replace(/\{\w+\}|\*\w+/g, SOMETHING),
        scope,
        security,
      })),
    );
  });
  afterAll(async () => {
    await server?.stop();
    await folder?.remove();
  });

  const statusOf = async ({ method, path }: Operation, bearer?: string): Promise<number> => {
    const headers = { 'content-type': 'application/json', ...(bearer && { authorization: `Bearer ${bearer}` }) };
    const body = method === 'GET' ? {} : { body: '{}' };
    const answer = await fetch(`${server.url}${path}`, { method, headers, ...body });
    await answer.body?.cancel();
    return answer.status;
  };

  it('is declared, in the OpenAPI document too', () => {
    expect(operations.length).toBeGreaterThan(40);
    expect(operations.filter(({ scope }) => !RANK.includes(scope))).toEqual([]);
    expect(operations.filter(({ scope, security }) => (scope === 'open') !== (security === undefined))).toEqual([]);
    expect(operations.filter(({ scope }) => scope === 'open').map(({ path }) => path)).toEqual([
      '/v1/health/live',
      '/v1/health/ready',
    ]);
    expect(Object.values(document.components.securitySchemes)).toMatchObject([{ type: 'http', scheme: 'bearer' }]);
  });

  it('is refused without a token, and with one of the scope below', async () => {
    const tokens = { read: await token('read'), run: await token('run') };
    const wrong: unknown[] = [];
    for (const operation of operations.filter(({ scope }) => scope !== 'open')) {
      const answers = [await statusOf(operation)];
      const below = RANK[RANK.indexOf(operation.scope) - 1] as 'open' | 'read' | 'run';
      if (below !== 'open') answers.push(await statusOf(operation, tokens[below]));
      if (answers.join() !== [401, 403].slice(0, answers.length).join()) wrong.push({ ...operation, answers });
    }
    expect(wrong).toEqual([]);
  });

  it('is had by commands with a token from a file or the environment, and by none without', async () => {
    const file = join(folder.path, 'reader.token');
    await sedge('token', 'create', '--folder', access(), '--scope', 'read', '--out', file);
    expect((await stat(file)).mode & 0o077).toBe(0);
    expect(await sedge('runs', 'list', '--server', server.url, '--token-file', file)).toContain('Nothing was run yet');
    const nobody = sedge('runs', 'list', '--server', server.url);
    await expect(nobody).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('access token') });
    const env = { ...process.env, SEDGE_TOKEN: await token('read') };
    const collected = run(process.execPath, [COMMAND, 'gc', '--dry-run', '--server', server.url], { env });
    await expect(collected).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("scope 'admin'") });
  });

  it('gives no run a file of the machine but from the folders that are open, and nothing of its network', async () => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${await token('run')}` };
    const api = async <T>(path: string, body?: object): Promise<T> => {
      const sent = body && { method: 'POST', body: JSON.stringify(body) };
      return (await (await fetch(`${server.url}${path}`, { headers, ...sent })).json()) as T;
    };
    const outcomeOf = async (from: string): Promise<string> => {
      const step = 'words: { tool: ingest-audio-folders, in: { source: $inputs.source } }';
      const workflow = `name: take\ninputs: { source: { from: ${from} } }\nsteps:\n  ${step}\n`;
      const { id } = await api<{ id: string }>('/v1/runs', { workflow });
      for (;;) {
        const run = await api<{ state: string }>(`/v1/runs/${id}`);
        if (run.state !== 'running') return JSON.stringify(run);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const open = join(folder.path, 'inputs');
    await mkdir(open);
    await writeFile(join(open, 'words.txt'), 'yes');
    // It was taken, and is no archive.
    expect(await outcomeOf(join(open, 'words.txt'))).toMatch(/words\.txt is .*no archive/);
    for (const from of [join(access(), 'signing-key.json'), '/etc/passwd', join(folder.path, 'home')])
      expect(await outcomeOf(from)).toMatch(/INGESTION_SOURCE_OUTSIDE.*is not taken.*SEDGE_INPUT_FOLDERS/);
    for (const from of [`${server.url}/v1/openapi.json`, 'http://169.254.169.254/latest/meta-data/'])
      expect(await outcomeOf(from)).toMatch(/INGESTION_SOURCE_HOST.*nothing is taken from the host.*SEDGE_INPUT_HOSTS/);
  });
});
