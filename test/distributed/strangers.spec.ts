import { join } from 'node:path';
import { missingServer } from '@sedge/local-servers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SAMPLE_TOOLS, buildProgram, makeFolder, until } from '../../apps/sedge/test/server/sedge-process.js';
import { Cluster } from '../../tools/dev/distributed/cluster.mjs';
import { ClusterApi, type JobAnswer } from './cluster-api.js';
import { Stranger } from './stranger.js';

const missing = missingServer('nats-server', 'postgres', 'versitygw');
const LEASE_S = 4;
/** Longer than a claim would last without heartbeats. */
const AWAY_MS = (LEASE_S + 1) * 1000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(missing)(`a worker and a bystander outside (${missing ?? 'on real back ends'})`, () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let cluster: Cluster;
  let api: ClusterApi;
  let strangers: Stranger[] = [];

  beforeAll(async () => {
    buildProgram();
    folder = await makeFolder();
    cluster = await Cluster.start({
      home: join(folder.path, 'cluster'),
      stages: ['training'],
      outsiders: [
        { kind: 'worker', stage: 'training', tool: 'judge-value' },
        { kind: 'bystander', name: 'reviewer' },
      ],
      environment: { SEDGE_TOOLS_DIR: SAMPLE_TOOLS, SEDGE_CORES: '1', SEDGE_LEASE_S: String(LEASE_S) },
      fsync: false,
    });
    api = new ClusterApi(cluster.url, cluster.token);
    await api.hasTools('sum-values', 'judge-value');
    const kind = { type: 'object', properties: { metrics: { type: 'object' } }, required: ['metrics'] };
    const body = JSON.stringify({ name: 'report.sample', version: 1, schema: kind });
    await api.call('/v1/kinds', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  });
  afterEach(() => {
    for (const stranger of strangers) stranger.kill();
    strangers = [];
  });
  afterAll(async () => {
    await cluster?.stop();
    await folder?.remove();
  });

  const started = async (args: string[], takesS: number): Promise<Stranger> => {
    const token = await cluster.tokenFor({ subject: 'stranger', scope: 'run' });
    const stranger = new Stranger([...args, '--api', cluster.url], token, takesS);
    strangers.push(stranger);
    await stranger.isReady;
    return stranger;
  };
  const worker = (takesS: number): Promise<Stranger> => {
    const stage = cluster.copiesOf('training')[0]!.url;
    const places = ['--nats', cluster.brokerUrlFor('worker-judge-value'), '--stage', stage];
    return started(['worker.py', ...places, '--tool', 'judge-value'], takesS);
  };
  const bystander = (takesS: number): Promise<Stranger> =>
    started(['bystander.py', '--nats', cluster.brokerUrlFor('bystander-reviewer')], takesS);

  const judging = (value: number): Promise<string> =>
    api.startRun(`name: judging
steps:
  one: { tool: sum-values, with: { value: ${value} } }
  judged: { tool: judge-value, in: { of: $one.report } }
`);
  const reviewing = (value: number): Promise<string> =>
    api.startRun(`name: reviewing
steps:
  one: { tool: sum-values, with: { value: ${value} } }
  review: { await: { kind: report.sample, derivedFrom: $one.report, timeout: 2m } }
`);

  const isIn = async (run: string, item: string, state: string): Promise<boolean> =>
    (await api.itemsOf(run)).some((other) => other.name === item && other.state === state);

  const valueOf = async (run: string, item: string): Promise<number> => {
    const { outputs } = (await api.itemsOf(run)).find(({ name }) => name === item)!;
    const [artifact] = Object.values(outputs!);
    return (await api.get<{ value: number }>(`/v1/artifacts/${artifact}/files/report.json`)).value;
  };

  /** The attempts at the worker's job of a run that has ended well. */
  async function attemptsOf(run: string): Promise<(string | null)[]> {
    const { state, failure, items } = await api.ended(run);
    expect([state, failure]).toEqual(['succeeded', null]);
    const { job } = items.find(({ name }) => name === 'judged')!;
    const stage = new ClusterApi(cluster.copiesOf('training')[0]!.url, cluster.token);
    return (await stage.get<JobAnswer>(`/v1/jobs/${job}`)).attempts.map(({ outcome }) => outcome);
  }

  it('keep the job that they are at while the broker is away, and take the next one when it is there again', async () => {
    const judge = await worker(AWAY_MS / 1000 + 2);
    const run = await judging(1);
    await until(() => isIn(run, 'judged', 'running'));
    await cluster.nats.process.kill();
    await pause(AWAY_MS);
    await cluster.nats.process.start();
    expect(await attemptsOf(run)).toEqual(['succeeded']);
    expect(await attemptsOf(await judging(2))).toEqual(['succeeded']);
    expect(judge.isAlive).toBe(true);
    expect(judge.words).toMatch(/the broker is away: .*; trying again\nthe broker is there again/);
    expect(judge.words).not.toContain('Traceback');
  });

  it('wait for a broker that is away while they have nothing to do', async () => {
    const judge = await worker(0);
    await cluster.nats.process.kill();
    await pause(2000);
    await cluster.nats.process.start();
    expect(await attemptsOf(await judging(3))).toEqual(['succeeded']);
    expect(judge.words.match(/the broker is away/g)).toHaveLength(1);
  });

  it('bear with a store that is away', async () => {
    const judge = await worker(2);
    const run = await judging(4);
    await until(() => isIn(run, 'judged', 'running'));
    await cluster.s3.process.kill();
    await until(async () => judge.words.includes('503'));
    await cluster.s3.process.start();
    expect(await attemptsOf(run)).toEqual(['succeeded']);
    expect(judge.words).not.toContain('Traceback');
  });

  it('miss nothing that was stored while the broker was away', async () => {
    const reviewer = await bystander(2);
    const [first, second] = [await reviewing(11), await reviewing(12)];
    await until(async () => (await isIn(first, 'review', 'awaiting')) || (await isIn(second, 'review', 'awaiting')));
    await cluster.nats.process.kill();
    const third = await reviewing(13);
    await pause(1500);
    await cluster.nats.process.start();
    for (const [run, value] of [
      [first, 51],
      [second, 52],
      [third, 53],
    ] as const) {
      expect((await api.ended(run)).state).toBe('succeeded');
      expect(await valueOf(run, 'review')).toBe(value);
    }
    expect(reviewer.isAlive).toBe(true);
    expect(reviewer.words).toContain('the broker is there again');
    expect(reviewer.words).not.toContain('Traceback');
  });

  it('end when they are told to, and give back what they are at', async () => {
    const [judge, reviewer] = [await worker(60), await bystander(60)];
    const run = await judging(5);
    await until(() => isIn(run, 'judged', 'running'));
    const endedAt = Date.now();
    expect(await Promise.all([judge.stop(), reviewer.stop()])).toEqual([0, 0]);
    expect(Date.now() - endedAt).toBeLessThan(5000);
    expect(`${judge.words}${reviewer.words}`).not.toContain('Traceback');
    await worker(0);
    expect(await attemptsOf(run)).toEqual(['failed', 'succeeded']);
  });

  it('end at once where the broker does not know them, and say what to mend', async () => {
    const places = ['--nats', cluster.brokerUrlFor('bystander-reviewer').replace(/:[^:@]+@/, ':wrong@')];
    const stranger = new Stranger(['bystander.py', ...places, '--api', cluster.url], cluster.token, 0);
    strangers.push(stranger);
    await until(async () => !stranger.isAlive);
    await until(async () => stranger.words.includes('correct user and password of --nats'));
    expect(stranger.words).toContain('Authorization Violation');
  });
});
