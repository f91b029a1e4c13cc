import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { missingServer } from '@sedge/local-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  SAMPLE_TOOLS,
  buildProgram,
  makeFolder,
  until,
  type Item,
} from '../../apps/sedge/test/server/sedge-process.js';
import { Cluster } from '../../tools/dev/distributed/cluster.mjs';
import { ClusterApi } from './cluster-api.js';
import { Stranger } from './stranger.js';

const missing = missingServer('nats-server', 'postgres', 'versitygw');

type WaitingItem = Item & { waitsFor: { reason: string; message: string; mend: string | null } | null };

describe.skipIf(missing)(`a job that does not go on (${missing ?? 'on real back ends'})`, () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let cluster: Cluster;
  let api: ClusterApi;

  beforeAll(async () => {
    buildProgram();
    folder = await makeFolder();
    cluster = await Cluster.start({
      home: join(folder.path, 'cluster'),
      stages: ['training'],
      outsiders: [{ kind: 'worker', stage: 'training', tool: 'judge-value' }],
      environment: { SEDGE_TOOLS_DIR: SAMPLE_TOOLS, SEDGE_CORES: '1', SEDGE_LEASE_S: '4' },
      fsync: false,
    });
    api = new ClusterApi(cluster.url, cluster.token);
    await api.hasTools('sum-values', 'judge-value');
    const kind = { type: 'object', properties: { metrics: { type: 'object' } }, required: ['metrics'] };
    const body = JSON.stringify({ name: 'report.sample', version: 1, schema: kind });
    await api.call('/v1/kinds', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  });
  afterAll(async () => {
    await cluster?.stop();
    await folder?.remove();
  });

  const stage = (): (typeof cluster.services)[number] => cluster.copiesOf('training')[0]!;

  const itemOf = async (run: string, name: string): Promise<WaitingItem> =>
    (await api.itemsOf(run)).find((item) => item.name === name) as WaitingItem;

  /** Waits until it is known what an item waits for. */
  async function waitOf(run: string, name: string, reason: string): Promise<NonNullable<WaitingItem['waitsFor']>> {
    await until(async () => (await itemOf(run, name)).waitsFor?.reason === reason);
    return (await itemOf(run, name)).waitsFor!;
  }

  async function ended(run: string): Promise<void> {
    const { state, failure, items } = await api.ended(run);
    expect([state, failure]).toEqual(['succeeded', null]);
    for (const item of items as WaitingItem[]) expect(item.waitsFor).toBeNull();
  }

  const sum = (value: number, pauseMs = 0): string =>
    `{ tool: sum-values, with: { value: ${value}, pauseMs: ${pauseMs} } }`;

  const sedge = (...words: string[]): ReturnType<typeof spawn> =>
    spawn(
      process.execPath,
      [join('apps', 'sedge', 'bin', 'sedge.js'), ...words, '--server', cluster.url, '--token-file', cluster.tokenFile],
      {
        env: { PATH: process.env['PATH'], SEDGE_HOME: join(folder.path, 'user') },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );

  it('because its stage is down, says so to whoever looks, and goes on when the stage is started', async () => {
    await stage().kill();
    const run = await api.startRun(`name: down\nsteps:\n  one: ${sum(1)}\n`);
    const wait = await waitOf(run, 'one', 'stage-silent');
    expect(wait.message).toMatch(
      new RegExp(
        `^waits for the stage training, which does not answer at ${stage().url} \\(connect ECONNREFUSED.*\\); ` +
          'nothing was heard of since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC$',
      ),
    );
    expect(wait.mend).toMatch(/^start the service training/);
    expect(await text(sedge('status', run).stdout!)).toContain(`${wait.message}; ${wait.mend}`);
    const [plain, json] = [sedge('status', run, '--follow'), sedge('status', run, '--follow', '--json')];
    const said = [plain, json].map(({ stdout }) => {
      const words = { all: '' };
      stdout!.setEncoding('utf8').on('data', (part: string) => (words.all += part));
      return words;
    });
    await until(async () => said.every(({ all }) => all.includes(wait.message)));
    expect(said[0]!.all).toContain(wait.mend);
    await stage().start();
    await ended(run);
    for (const child of [plain, json]) if (child.exitCode === null) await once(child, 'close');
    expect([plain.exitCode, json.exitCode]).toEqual([0, 0]);
    expect(said[0]!.all.split(wait.message)).toHaveLength(2);
    expect(said[0]!.all).not.toContain('free cores');
    const events = said[1]!.all
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string });
    expect(events.filter(({ event }) => event === 'item')).toMatchObject([
      { name: 'one', state: 'requested', waitsFor: { reason: 'stage-silent' } },
      ...events.filter(({ event }) => event === 'item').slice(1),
    ]);
    expect(events).toContainEqual(expect.objectContaining({ event: 'item', state: 'succeeded', waitsFor: null }));
  });

  it('and was begun by a stage that is down now, says so as well', async () => {
    const run = await api.startRun(`name: begun\nsteps:\n  one: ${sum(2, 4000)}\n`);
    await until(async () => (await itemOf(run, 'one')).state === 'running');
    await stage().kill();
    expect((await waitOf(run, 'one', 'stage-silent')).message).toContain('does not answer');
    expect((await itemOf(run, 'one')).state).toBe('running');
    await stage().start();
    await ended(run);
  });

  it('because no worker outside is there, says so, and since when', async () => {
    const workflow = (value: number): string =>
      `name: outside\nsteps:\n  one: ${sum(value)}\n  judged: { tool: judge-value, in: { of: $one.report } }\n`;
    const run = await api.startRun(workflow(3));
    const never = await waitOf(run, 'judged', 'worker');
    expect(never.message).toBe(
      'waits for a worker of judge-value, which only workers outside run; none was ever heard of',
    );
    expect(never.mend).toMatch(/^start one, .*judge-value/);
    const places = ['--nats', cluster.brokerUrlFor('worker-judge-value'), '--api', cluster.url, '--stage', stage().url];
    const token = await cluster.tokenFor({ subject: 'stranger', scope: 'run' });
    const worker = new Stranger(['worker.py', ...places, '--tool', 'judge-value'], token, 5);
    try {
      await ended(run);
      const both = `name: both\nsteps:\n  one: ${sum(4)}\n  judged: { tool: judge-value, in: { of: $one.report }, sweep: { strictness: [4, 5] } }\n`;
      const busy = await api.startRun(both);
      await until(async () =>
        ((await api.itemsOf(busy)) as WaitingItem[]).some(({ waitsFor }) => waitsFor?.reason === 'busy-workers'),
      );
      const waiting = ((await api.itemsOf(busy)) as WaitingItem[]).find(({ waitsFor }) => waitsFor !== null)!;
      expect(waiting.waitsFor!.message).toBe(
        'waits for a worker of judge-value: the one that is at work has another job',
      );
      await ended(busy);
    } finally {
      worker.kill();
    }
    const again = await api.startRun(workflow(5));
    expect((await waitOf(again, 'judged', 'worker')).message).toMatch(/; none was heard of since \d{4}-.* UTC$/);
    expect((await api.call(`/v1/runs/${again}/cancel`, { method: 'POST' })).status).toBe(200);
  });

  it('because others have the cores, says that', async () => {
    const run = await api.startRun(`name: cores\nsteps:\n  one: ${sum(6, 5000)}\n  two: ${sum(7, 5000)}\n`);
    await until(async () => ((await api.itemsOf(run)) as WaitingItem[]).some(({ waitsFor }) => waitsFor !== null));
    const waiting = ((await api.itemsOf(run)) as WaitingItem[]).filter(({ waitsFor }) => waitsFor !== null);
    expect(waiting.map(({ waitsFor }) => waitsFor!.message)).toEqual(['waits for free cores, which other jobs have']);
    await ended(run);
  });
});
