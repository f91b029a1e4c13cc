import { freePort } from '@sedge/local-servers';
import type { RunView } from '@sedge/workflow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient } from '../src/client/api-client.js';
import { Patience } from '../src/client/patience.js';
import type { CommandContext } from '../src/command.js';
import { watchRun } from '../src/runs/watch-run.js';
import { Sandbox, type RunningCommand } from './sandbox.js';

const PATIENT = { timeout: 300_000 };

/** A server with an address of its own, as somewhere else: it is killed, and started again. */
describe('a command with --server, whose server is killed and started again', PATIENT, () => {
  let sandbox: Sandbox;
  let server: RunningCommand;
  let port: number;
  let url: string;

  const startServer = async (): Promise<void> => {
    server = sandbox.start('up', '--port', String(port), '--json');
    await server.printed((all) => all.includes('\n'));
  };
  const killServer = async (): Promise<void> => {
    server.kill();
    await server.ended;
  };
  const workflow = (name: string): Promise<string> =>
    sandbox.file(
      `${name}.yml`,
      `name: ${name}\nsteps:\n  first: { tool: sample-step, with: { waitFor: ${sandbox.path(`go-${name}`)} } }\n`,
    );
  const isUnderWay = (all: string): boolean => all.includes('"event":"progress","items":["first');
  const runOf = (printed: string): string => /"event":"run","id":"(\w+)"/.exec(printed)![1]!;

  beforeAll(async () => {
    sandbox = await Sandbox.create();
    port = await freePort();
    url = `http://127.0.0.1:${port}`;
    await startServer();
  }, PATIENT.timeout);
  afterAll(async () => {
    await killServer();
    await sandbox.remove();
  });

  it('goes on watching its run where it was, and says once that it waits', async () => {
    const running = sandbox.start('run', await workflow('one'), '--server', url, '--json');
    const id = runOf(await running.printed(isUnderWay));
    const following = sandbox.start('status', id, '--follow', '--server', url, '--json');
    await following.printed((all) => all.includes('"event":"run"'));
    await killServer();
    await startServer();
    await sandbox.file('go-one', '');
    for (const ended of [await running.ended, await following.ended]) {
      expect({ code: ended.code, last: ended.json.at(-1) }).toMatchObject({ code: 0, last: { state: 'succeeded' } });
      expect(ended.stderr.split('does not answer').length - 1).toBeLessThanOrEqual(1);
      expect(ended.stderr).not.toMatch(/error|report it|at .*\.js/);
      expect(ended.json.filter(({ event }) => event === 'end')).toHaveLength(1);
    }
  });

  it('is shown commands that reach the same server when they are typed as shown', async () => {
    const token = await sandbox.file('a token', 'none-is-asked-for');
    const here = ['--server', url, '--token-file', token];
    const running = sandbox.start('run', await workflow('three'), ...here);
    const api = new ApiClient({ url });
    const states = async (): Promise<string[]> =>
      (await api.get<{ runs: RunView[] }>('/v1/runs')).runs.map(({ state }) => state);
    await expect.poll(states, { timeout: 60_000 }).toContain('running');
    const under = await sandbox.sedge('status', ...here);
    expect(under.stdout).toContain(`Sedge answers at ${url}; 1 under way`);
    expect(under.stdout).not.toContain(sandbox.path('data'));
    running.interrupt();
    const { code, stdout } = await running.ended;
    expect(code).toBe(130);
    const given = `npx sedge --server ${url} --token-file '${token}'`;
    expect(stdout).toMatch(/Watch it: .* status \w+ --follow; end it: .* cancel \w+/);
    expect(stdout.split(given)).toHaveLength(3);
    const id = / cancel (\w+)/.exec(stdout)![1]!;
    await sandbox.sedge(...here, 'cancel', id);
    expect((await sandbox.sedge(...here, 'status', id, '--follow')).stdout).toContain(`Go on: ${given} retry ${id}`);
    const unknown = await sandbox.sedge('artifacts', 'show', 'abcdef', ...here);
    expect(unknown.stderr).toContain(`${given} artifacts list`);
  });

  it('says which run goes on and how to follow it, where the server stays away', async () => {
    const running = sandbox.start('run', await workflow('two'), '--server', url, '--json');
    const id = runOf(await running.printed(isUnderWay));
    const notes: string[] = [];
    const signal = new AbortController().signal;
    const api = new ApiClient({ url }).withPatience(new Patience(signal, (text) => notes.push(text), 1500));
    const run = await api.get<RunView>(`/v1/runs/${id}`);
    const heard: { event?: string }[] = [];
    const context = {
      isJson: true,
      signal,
      revive: async () => false,
      emit: (value: object) => void heard.push(value),
    };
    const watching = watchRun(context as unknown as CommandContext, api, run).catch((error: unknown) => error);
    await expect.poll(() => heard.length).toBeGreaterThan(0);
    await killServer();
    expect(await watching).toMatchObject({
      code: 'CLI_CONNECTION_LOST',
      exitCode: 5,
      message: expect.stringMatching(`run ${id} itself goes on`) as string,
      mend: expect.stringContaining(`npx sedge status ${id} --follow`) as string,
    });
    expect(notes).toHaveLength(1);
    running.interrupt();
    expect((await running.ended).code).toBe(130);
    await startServer();
  });
});
