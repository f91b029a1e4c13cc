import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { asyncApiDocument } from '@sedge/event-contracts';
import { missingServer } from '@sedge/local-servers';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  SAMPLE_TOOLS,
  SedgeProcess,
  buildProgram,
  makeFolder,
  outputsOf,
  until,
} from '../../apps/sedge/test/server/sedge-process.js';
import { Cluster } from '../../tools/dev/distributed/cluster.mjs';
import { ClusterApi, type JobAnswer } from './cluster-api.js';
import { Stranger } from './stranger.js';

const missing = missingServer('nats-server', 'postgres', 'versitygw');
const LEASE_S = 4;

interface AsyncApi {
  channels: Record<string, { address: string }>;
  components: { messages: Record<string, { payload: object }> };
}

/** Steps that depend on each other over two stages, and a sweep that many workers share. */
const WORKFLOW = `name: sums
steps:
  many: { tool: sum-values, with: { pauseMs: 300 }, sweep: { value: [1, 2, 3, 4, 5, 6] } }
  all: { tool: sum-values, in: { all: { all: $many.report } }, with: { value: 100, sizeMb: 20 } }
  words: { tool: describe-value, in: { of: $all.report } }
`;

describe.skipIf(missing)(`services as processes of their own (${missing ?? 'on real back ends'})`, () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let cluster: Cluster;
  let api: ClusterApi;
  let connection: NatsConnection;
  const overheard: { subject: string; event: unknown }[] = [];

  beforeAll(async () => {
    buildProgram();
    folder = await makeFolder();
    const broken = join(folder.path, 'tools', 'training', 'broken-tool');
    mkdirSync(broken, { recursive: true });
    writeFileSync(join(broken, 'tool.yaml'), 'name: broken-tool\nstage: training\n');
    cluster = await Cluster.start({
      home: join(folder.path, 'cluster'),
      workers: 2,
      stages: ['training', 'benchmark'],
      outsiders: [
        { kind: 'worker', stage: 'training', tool: 'judge-value' },
        { kind: 'bystander', name: 'reviewer' },
      ],
      teams: { training: 'judges', benchmark: 'measurers' },
      environment: {
        SEDGE_TOOLS_DIR: [SAMPLE_TOOLS, join(folder.path, 'tools')].join(delimiter),
        SEDGE_CORES: '1',
        SEDGE_LEASE_S: String(LEASE_S),
        SEDGE_RECONCILE_MS: '3000',
        SEDGE_LOG_LEVEL: 'debug',
      },
      fsync: false,
    });
    api = new ClusterApi(cluster.url, cluster.token);
    connection = await connect({ ...cluster.brokerOptions(), maxReconnectAttempts: -1 });
    const events = ['job', 'artifact', 'tool'].map((noun) => `sedge.${noun}.>`);
    for (const subject of events) {
      connection.subscribe(subject, {
        callback: (_, message) => void overheard.push({ subject: message.subject, event: message.json() }),
      });
    }
    await api.hasTools('sum-values', 'describe-value');
  });

  afterAll(async () => {
    await connection?.close();
    await cluster?.stop();
    await folder?.remove();
  });

  const at = ({ url }: { url: string }): ClusterApi => new ClusterApi(url, cluster.token);

  const jobOf = async (id: string, stage = 'training'): Promise<JobAnswer> =>
    at(cluster.copiesOf(stage)[0]!).get<JobAnswer>(`/v1/jobs/${id}`);

  /** Asks for one job of a second or so, and waits until somebody is at it. */
  async function underWay(value: number): Promise<{ run: string; job: string; worker: string }> {
    const run = await api.startRun(`name: slow
steps:
  slow: { tool: sum-values, with: { value: ${value}, pauseMs: 2500, log: ${join(folder.path, `log-${value}`)} } }
`);
    await until(async () => (await api.itemsOf(run))[0]!.state === 'running');
    const job = (await api.itemsOf(run))[0]!.job!;
    return { run, job, worker: (await jobOf(job)).attempts.at(-1)!.worker };
  }

  const copyThatIs = (worker: string): (typeof cluster.services)[number] =>
    cluster.copiesOf('training').find(({ pid }) => worker.includes(`:${pid}:`))!;

  it('come to the same artifacts as all in one process, and share the work', async () => {
    const run = await api.ended(await api.startRun(WORKFLOW));
    expect([run.state, run.failure]).toEqual(['succeeded', null]);
    const alone = await SedgeProcess.start({ dataDirectory: join(folder.path, 'alone') });
    const undisturbed = await alone.run(WORKFLOW);
    await alone.stop();
    expect(outputsOf(run)).toEqual(outputsOf(undisturbed));
    const jobs = await Promise.all(
      run.items.filter(({ name }) => name.startsWith('many')).map(({ job }) => jobOf(job!)),
    );
    expect(new Set(jobs.flatMap(({ attempts }) => attempts.map(({ worker }) => worker))).size).toBe(2);
  });

  it('tell a stage of all that a run can have done now, however many its workers are', async () => {
    const values = [201, 202, 203, 204, 205, 206];
    const run = await api.startRun(`name: wide
steps:
  many: { tool: sum-values, with: { pauseMs: 1500 }, sweep: { value: [${values.join(', ')}] } }
`);
    const statesAtStage = async (): Promise<string[]> => {
      const jobs = (await api.itemsOf(run)).flatMap(({ job }) => (job === null ? [] : [job]));
      return (await Promise.all(jobs.map((job) => jobOf(job).catch(() => ({ state: 'unknown' }))))).map(
        ({ state }) => state,
      );
    };
    // Two workers of one core each.
    await until(async () => (await statesAtStage()).filter((state) => state === 'queued').length === values.length - 2);
    expect((await api.ended(run)).state).toBe('succeeded');
  });

  it('are not touched by a second one on the same folder, which is refused', async () => {
    const kept = (): string[] =>
      ['access', 'nats'].flatMap((name) =>
        readdirSync(join(cluster.home, name), { withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => `${entry.name} ${readFileSync(join(entry.parentPath, entry.name), 'utf8')}`),
      );
    const before = kept();
    await expect(Cluster.start({ home: cluster.home, stages: ['nas'] })).rejects.toThrow(
      /another up:distributed works on .*cluster: .*--data-dir/,
    );
    expect(kept()).toEqual(before);
    expect(before.join()).toContain('bystander-reviewer');
  });

  it('ask for nothing that the broker refuses them', () => {
    const logs = join(cluster.home, 'logs');
    const lines = readdirSync(logs).flatMap((name) => readFileSync(join(logs, name), 'utf8').split('\n'));
    expect(lines.filter((line) => line.includes('the broker refuses'))).toEqual([]);
  });

  it('give the log of a job wherever it was done', async () => {
    const run = await api.ended(await api.startRun(WORKFLOW.replace('name: sums', 'name: again')));
    for (const { name, job } of run.items.filter((item) => item.name.startsWith('many'))) {
      for (const copy of cluster.copiesOf('training')) {
        const { text } = await at(copy).call(`/v1/jobs/${job}/logs`);
        expect(`${name}: ${text}`).toContain('the sum is');
      }
    }
  });

  it('list their tools by one command, with those that they refuse, and say which of them is silent', async () => {
    const sedge = async (server: string, ...words: string[]): Promise<{ code: number; text: string }> => {
      const args = [...words, '--server', server, '--token-file', cluster.tokenFile];
      const child = spawn(process.execPath, [join('apps', 'sedge', 'bin', 'sedge.js'), ...args], {
        env: { PATH: process.env['PATH'], SEDGE_HOME: join(folder.path, 'user'), NO_COLOR: '1' },
      });
      let text = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (part) => (text += part));
      const [code] = (await once(child, 'close')) as [number];
      return { code, text };
    };
    const listed = await sedge(cluster.url, 'tools', 'list');
    expect(listed.code).toBe(0);
    expect(listed.text).toMatch(/sum-values +1 +training +process/);
    expect(listed.text).toMatch(/describe-value +1 +benchmark +process/);
    expect(listed.text.match(/✗ broken-tool \(.*tool\.yaml:\d+:\d+\)/g)).toHaveLength(1);
    expect(listed.text).not.toContain('does not answer');
    const elsewhere = await sedge(cluster.url, 'tools', 'test', 'sum-values');
    expect([elsewhere.code, elsewhere.text]).toEqual([2, expect.stringContaining('(training)')]);
    const there = / (http:\S+) \(training\)/.exec(elsewhere.text)![1]!;
    expect(await sedge(there, 'tools', 'test', 'sum-values')).toMatchObject({ code: 0 });
    const benchmarks = cluster.copiesOf('benchmark');
    await Promise.all(benchmarks.map((copy) => copy.kill()));
    const silent = await sedge(cluster.url, 'tools', 'list');
    expect([silent.code, silent.text]).toEqual([
      0,
      expect.stringMatching(/✗ the stage benchmark at .* does not answer/),
    ]);
    expect(silent.text).toMatch(/✗ broken-tool/);
    await Promise.all(benchmarks.map((copy) => copy.start()));
  });

  it('take over the job of a worker that is killed, and it is done once', async () => {
    const { run, job, worker } = await underWay(101);
    const victim = copyThatIs(worker);
    await victim.kill();
    const ended = await api.ended(run);
    expect([ended.state, ended.failure]).toEqual(['succeeded', null]);
    await victim.start();
    const { attempts } = await jobOf(job);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['preempted', 'succeeded']);
    const log = readFileSync(join(folder.path, 'log-101'), 'utf8');
    expect(log.match(/end/g)).toHaveLength(1);
  });

  it('hand back what they are at when they are told to end', async () => {
    const { run, job, worker } = await underWay(102);
    const leaving = copyThatIs(worker);
    expect(await leaving.stop()).toBe(0);
    const ended = await api.ended(run);
    expect(ended.state).toBe('succeeded');
    const { attempts } = await jobOf(job, 'training').catch(() =>
      at(cluster.copiesOf('training').find((copy) => copy !== leaving)!).get<JobAnswer>(`/v1/jobs/${job}`),
    );
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['handed-back', 'succeeded']);
    await leaving.start();
  });

  it('say when they can not work, and go on by themselves when their back ends are there again', async () => {
    const copy = at(cluster.copiesOf('training')[0]!);
    expect((await copy.call('/v1/health/ready')).status).toBe(200);
    const run = await api.startRun(
      WORKFLOW.replace('value: 100', 'value: 200').replace(/\[1.*6\]/, '[21, 22, 23, 24]'),
    );
    await cluster.postgres.process.kill();
    await cluster.nats.process.kill();
    const { status, text } = await copy.call('/v1/health/ready');
    expect([status, JSON.parse(text)]).toMatchObject([503, { code: 'PROCESS_NOT_READY' }]);
    expect(text).toMatch(/database.*events/);
    expect((await copy.call('/v1/health/live')).status).toBe(200);
    await cluster.postgres.process.start();
    await cluster.nats.process.start();
    const ended = await api.ended(run);
    expect([ended.state, ended.failure]).toEqual(['succeeded', null]);
    expect((await copy.call('/v1/health/ready')).status).toBe(200);
  });

  it('publish nothing but what the AsyncAPI document says', () => {
    expect(overheard.length).toBeGreaterThan(20);
    const document = asyncApiDocument() as unknown as AsyncApi;
    const ajv = new Ajv2020({
      strict: false,
      formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) },
    });
    const channels = Object.entries(document.channels).map(([type, { address }]) => ({
      type,
      matches: new RegExp(`^${address.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^.]+')}$`),
      validate: ajv.compile(document.components.messages[type]!.payload),
    }));
    const mistakes = overheard.flatMap(({ subject, event }) => {
      const channel = channels.find(({ matches }) => matches.test(subject));
      if (!channel) return [`${subject} is no channel`];
      return channel.validate(event) ? [] : [`${subject}: ${ajv.errorsText(channel.validate.errors)}`];
    });
    expect(mistakes).toEqual([]);
    const seen = new Set(overheard.map(({ event }) => (event as { type: string }).type));
    for (const verb of ['requested', 'queued', 'started', 'progress', 'succeeded'])
      expect(seen).toContain(`sedge.job.${verb}.v1`);
    expect(seen).toContain('sedge.artifact.stored.v1');
  });

  it('keep what nobody can read as a dead letter, which is shown, sent again and forgotten', async () => {
    const letters = async (): Promise<{ id: string; consumer: string; reason: string }[]> =>
      (await api.get<{ letters: { id: string; consumer: string; reason: string }[] }>('/v1/dead-letters')).letters;
    const later = {
      specversion: '1.0',
      id: 'later',
      source: '/services/later',
      type: 'sedge.job.requested.v9',
      subject: 'x',
      data: {},
    };
    connection.publish('sedge.job.requested.training.sum-values', JSON.stringify(later));
    await until(async () => (await letters()).length === 1);
    const [letter] = await letters();
    expect(letter).toMatchObject({ consumer: 'training-jobs', reason: 'unknown-type' });
    expect(await api.get(`/v1/dead-letters/${letter!.id}`)).toMatchObject({ event: later });
    expect((await api.call(`/v1/dead-letters/${letter!.id}/replay`, { method: 'POST' })).status).toBe(204);
    await until(async () => (await letters()).some(({ id }) => id !== letter!.id));
    for (const { id } of await letters()) {
      expect((await api.call(`/v1/dead-letters/${id}`, { method: 'DELETE' })).status).toBe(204);
    }
    expect(await letters()).toEqual([]);
    expect((await api.call('/v1/dead-letters/999', { method: 'DELETE' })).status).toBe(404);
  });

  it('take no event that is not what its subject says, or is about what belongs to another stage', async () => {
    const { run, job } = await underWay(105);
    const { tool: own } = await at(cluster.copiesOf('training')[0]!).get<{ tool: object }>(`/v1/jobs/${job}`);
    const training = { ...own, stage: 'training' };
    const toolOf = async (name: string): Promise<{ digest: string; machine: object; name: string; version: string }> =>
      (
        await api.get<{ tools: { digest: string; machine: object; name: string; version: string }[] }>(
          `/v1/tools/${name}`,
        )
      ).tools[0]!;
    const { name, version, digest } = await toolOf('describe-value');
    const benchmark = { name, version, digest, stage: 'benchmark' };
    const { digest: taken, machine, ...definition } = await toolOf('sum-values');
    const ended = { job, attempt: 1, outputs: {}, durationMs: 1 };
    const nobodys = `sha256:${'1'.repeat(64)}`;
    const asked = {
      job: nobodys,
      tool: training,
      parameters: {},
      inputs: {},
      machine: {},
      run: 'forged',
      again: false,
    };
    const forge = (type: string, tokens: string, source: string, data: object, about = job): void => {
      const envelope = { specversion: '1.0', id: randomUUID(), source: `/services/${source}`, type, subject: about };
      const event = { ...envelope, time: new Date().toISOString(), datacontenttype: 'application/json', data };
      connection.publish(`${type.replace('.v1', '')}.${tokens}`, JSON.stringify(event));
    };
    // Data of another stage than the subject; a source that may not say it; a stage that speaks of another's job as if it were its own.
    forge('sedge.job.succeeded.v1', 'benchmark.describe-value', 'benchmark', { ...ended, tool: training });
    forge('sedge.job.succeeded.v1', 'training.sum-values', 'benchmark', { ...ended, tool: training });
    forge('sedge.job.succeeded.v1', 'benchmark.describe-value', 'benchmark', { ...ended, tool: benchmark });
    forge('sedge.job.succeeded.v1', 'training.sum-values', 'training', { ...ended, tool: training }, nobodys);
    forge('sedge.job.requested.v1', 'training.sum-values', 'benchmark', asked, nobodys);
    const registered = {
      tool: { definition: { ...definition, stage: 'benchmark' }, digest: taken, machine },
      stageUrl: null,
    };
    forge('sedge.tool.registered.v1', 'benchmark.sum-values', 'benchmark', registered, taken);
    const letters = async (): Promise<{ id: string; consumer: string; reason: string }[]> =>
      (await api.get<{ letters: { id: string; consumer: string; reason: string }[] }>('/v1/dead-letters')).letters;
    await until(async () => (await letters()).length === 6);
    expect((await letters()).map(({ consumer, reason }) => `${consumer} ${reason}`).sort()).toEqual([
      'training-jobs forged',
      ...Array.from({ length: 4 }, () => 'workflow-jobs forged'),
      'workflow-tools tool-of-another-stage',
    ]);
    const outcome = await api.ended(run);
    expect([outcome.state, Object.keys(outcome.items[0]!.outputs!)]).toEqual(['succeeded', ['report']]);
    expect((await at(cluster.copiesOf('training')[0]!).call(`/v1/jobs/${nobodys}`)).status).toBe(404);
    expect((await api.get<{ tools: { stage: string }[] }>('/v1/tools/sum-values')).tools[0]!.stage).toBe('training');
    // Only the team of the stage, or an administrator, decides on what its consumer could not handle.
    const stranger = new ClusterApi(
      cluster.url,
      await cluster.tokenFor({ subject: 'x', scope: 'run', team: 'measurers' }),
    );
    const team = new ClusterApi(cluster.url, await cluster.tokenFor({ subject: 'y', scope: 'run', team: 'judges' }));
    const ofTraining = (await letters()).find(({ consumer }) => consumer === 'training-jobs')!;
    const place = `/v1/dead-letters/${ofTraining.id}`;
    expect((await stranger.call(`${place}/replay`, { method: 'POST' })).text).toContain('ACCESS_TEAM_DIFFERS');
    expect((await stranger.call(place, { method: 'DELETE' })).text).toContain('ACCESS_TEAM_DIFFERS');
    expect((await team.call(place, { method: 'DELETE' })).status).toBe(204);
    for (const { id } of await letters()) await api.call(`/v1/dead-letters/${id}`, { method: 'DELETE' });
  });

  it('let strangers take part who know the documents only: workers outside, one of which is killed, and a bystander', async () => {
    const kind = { type: 'object', properties: { metrics: { type: 'object' } }, required: ['metrics'] };
    const body = JSON.stringify({ name: 'report.sample', version: 1, schema: kind });
    await api.call('/v1/kinds', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const stage = cluster.copiesOf('training')[0]!.url;
    const placesOf = (user: string): string[] => ['--nats', cluster.brokerUrlFor(user), '--api', cluster.url];
    const worker = ['worker.py', ...placesOf('worker-judge-value'), '--stage', stage, '--tool', 'judge-value'];
    const bystander = ['bystander.py', ...placesOf('bystander-reviewer')];
    const token = await cluster.tokenFor({ subject: 'stranger', scope: 'run', team: 'judges' });
    const strangers = [worker, worker, bystander].map((args) => new Stranger(args, token));
    try {
      await Promise.all(strangers.map((stranger) => stranger.isReady));
      const run = await api.startRun(`name: strangers
steps:
  one: { tool: sum-values, with: { value: 2 } }
  judged: { tool: judge-value, in: { of: $one.report }, with: { strictness: 3 } }
  review: { await: { kind: report.sample, derivedFrom: $judged.report, timeout: 5m } }
  after: { tool: sum-values, in: { of: $review }, with: { value: 1 } }
`);
      await until(async () =>
        (await api.itemsOf(run)).some(({ name, state }) => name === 'judged' && state === 'running'),
      );
      const { job } = (await api.itemsOf(run)).find(({ name }) => name === 'judged')!;
      const [{ worker: first } = { worker: '' }] = (await jobOf(job!)).attempts;
      strangers.find(({ pid }) => first === `external:judge-${pid}`)!.kill();
      const ended = await api.ended(run);
      expect([ended.state, ended.failure]).toEqual(['succeeded', null]);
      const { attempts } = await jobOf(job!);
      expect(attempts.map(({ outcome }) => outcome)).toEqual(['preempted', 'succeeded']);
      const after = ended.items.find(({ name }) => name === 'after')!.outputs!['report']!;
      expect(await api.get(`/v1/artifacts/${after}/files/report.json`)).toEqual({ value: 101 });
    } finally {
      for (const stranger of strangers) stranger.kill();
    }
  });

  it('learn the end of a job whose event got lost, and ask again for one whose request did', async () => {
    const manager = await jetstreamManager(connection);
    const { run } = await underWay(103);
    // The broker loses its disk: what it was given and has not passed on is gone.
    await manager.streams.purge('SEDGE_EVENTS');
    await manager.consumers.pause('SEDGE_EVENTS', 'workflow-jobs', new Date(Date.now() + 4000));
    await until(async () => (await jobOf((await api.itemsOf(run))[0]!.job!)).state === 'succeeded');
    await manager.streams.purge('SEDGE_EVENTS');
    const ended = await api.ended(run);
    expect([ended.state, ended.failure]).toEqual(['succeeded', null]);
    await manager.consumers.pause('SEDGE_EVENTS', 'training-jobs', new Date(Date.now() + 4000));
    const lost = await api.startRun('name: lost\nsteps:\n  one: { tool: sum-values, with: { value: 104 } }\n');
    await until(async () => (await api.itemsOf(lost))[0]!.state === 'requested');
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await manager.streams.purge('SEDGE_EVENTS');
    const found = await api.ended(lost);
    expect([found.state, found.failure]).toEqual(['succeeded', null]);
  });

  it('have shown no secret: not in logs, not in events, not in what they keep', async () => {
    expect((await new ClusterApi(cluster.url, 'hunter2').call('/v1/runs')).status).toBe(401);
    const secrets = await cluster.secrets();
    expect(secrets.length).toBeGreaterThan(10);
    const places = ['logs', 'services', join('nats', 'jetstream'), 's3'].map((name) => join(cluster.home, name));
    const files = places.flatMap((place) =>
      readdirSync(place, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name)),
    );
    expect(files.filter((path) => path.includes(`${sep}logs${sep}`)).length).toBeGreaterThan(4);
    const texts = [
      ...files.map((path) => [path, readFileSync(path)] as const),
      ['events', Buffer.from(JSON.stringify(overheard))] as const,
    ];
    const shown = texts.flatMap(([place, bytes]) =>
      secrets.filter((secret) => bytes.includes(secret)).map(() => place),
    );
    expect(shown).toEqual([]);
    // What is looked through holds what it should: else nothing would be found in it whatever happened.
    for (const word of ['sum-values', 'describe-value', 'sedge.job.succeeded']) {
      expect(texts.some(([, bytes]) => bytes.includes(word))).toBe(true);
    }
    // Whoever holds the token of an attempt may end it: it is for the worker alone.
    expect(JSON.stringify(overheard)).not.toContain('"token"');
    for (const name of ['operator.token', 'signing-key.json', 'broker-users.json', 'back-ends.json', 'training.token'])
      expect([name, statSync(join(cluster.home, 'access', name)).mode & 0o077]).toEqual([name, 0]);
    expect(statSync(join(cluster.home, 'nats', 'nats.conf')).mode & 0o077).toBe(0);
  });

  it('refuse settings that are wrong, all at once, and without showing a secret', async () => {
    const entry = join('apps', 'training', 'dist', 'main.js');
    const environment = {
      SEDGE_EVENTS: 'nats',
      SEDGE_STATE: 'postgres',
      SEDGE_DATABASE_URL: 'hunter2',
      SEDGE_LEASE_S: '0',
    };
    const child = spawn(process.execPath, [entry], { env: { PATH: process.env['PATH'], ...environment } });
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(5);
    for (const name of ['SEDGE_NATS_URL', 'SEDGE_DATABASE_URL', 'SEDGE_LEASE_S']) expect(words).toContain(name);
    expect(words).not.toContain('hunter2');
  });
});
