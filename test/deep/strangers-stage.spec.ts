import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { asyncApiDocument } from '@sedge/event-contracts';
import { freePort, missingServer } from '@sedge/local-servers';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildProgram, itemNamed, makeFolder, until } from '../../apps/sedge/test/server/sedge-process.js';
import { Cluster } from '../../tools/dev/distributed/cluster.mjs';
import { trainingPython } from '../../tools/dev/test/python.mjs';
import { ClusterApi } from '../distributed/cluster-api.js';
import { writeSmallArchive } from './small-archive.js';

const missing = missingServer('nats-server', 'postgres', 'versitygw');
const EXAMPLE = resolve('examples', 'keyword-spotting', 'workflow.yml');
const PROGRAM = join('tools', 'examples', 'third-parties', 'stage.py');
const TOOL = join('tools', 'training', 'train-pytorch');
const WORDS = ['yes', 'no', 'up', 'down'];
const CLIPS_PER_WORD = 10;
const RECONCILE_MS = 5000;
/** Networks are trained for real, whatever else the machine does. */
const TRAINING_MS = 600_000;

interface AsyncApi {
  channels: Record<string, { address: string }>;
  components: { messages: Record<string, { payload: object }> };
}

interface Overheard {
  subject: string;
  event: { type: string; source: string; subject: string };
}

interface Job {
  state: string;
  attempts: { outcome: string | null }[];
}

/** The stage of somebody else's, tools/examples/third-parties/stage.py as it stands. */
class StrangersStage {
  private child: ChildProcess | undefined;

  constructor(
    readonly url: string,
    private readonly args: string[],
    private readonly token: string,
  ) {}

  async start(): Promise<void> {
    const env = { PATH: process.env['PATH'], PYTHONDONTWRITEBYTECODE: '1', SEDGE_TOKEN: this.token };
    this.child = spawn('python3', [PROGRAM, ...this.args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    await once(this.child.stdout!, 'data');
  }

  async kill(): Promise<void> {
    if (this.child === undefined || this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  async job(id: string): Promise<Job> {
    return (await (await fetch(`${this.url}/v1/jobs/${id}`)).json()) as Job;
  }
}

describe.skipIf(missing)(`the stage of training, by strangers (${missing ?? 'on real back ends'})`, () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let cluster: Cluster;
  let api: ClusterApi;
  let broker: NatsConnection;
  let stage: StrangersStage;
  const overheard: Overheard[] = [];

  /** The shipped example on few recordings, trained briefly, so without the accuracy that it expects. */
  const workflow = (iterations: number): string =>
    readFileSync(EXAMPLE, 'utf8')
      .replace(/from: \S+/, `from: ${join(folder.path, 'small.tar')}`)
      .replace(/words: \[.*\]/, `words: [${WORDS.join(', ')}]`)
      .replace(/iterations: \d+/, `iterations: ${iterations}`)
      .replace(/\n\s+expect: .*/, '');

  /** Sedge's own training program in a folder of the strangers' own, described by them: what they know of Sedge is how a tool is described. */
  async function makeTool(place: string): Promise<void> {
    mkdirSync(place, { recursive: true });
    cpSync(join(TOOL, 'train_pytorch'), join(place, 'train_pytorch'), { recursive: true });
    const definition = parse(readFileSync(join(TOOL, 'tool.yaml'), 'utf8')) as object;
    const command = [resolve(await trainingPython()), '-m', 'train_pytorch'];
    const theirs = { reproducibility: { level: 'none' }, runtime: { kind: 'process', command } };
    writeFileSync(join(place, 'tool.json'), JSON.stringify({ ...definition, ...theirs }));
  }

  beforeAll(async () => {
    buildProgram();
    folder = await makeFolder();
    writeSmallArchive(join(folder.path, 'small.tar'), WORDS, CLIPS_PER_WORD);
    await makeTool(join(folder.path, 'tool'));
    cluster = await Cluster.start({
      home: join(folder.path, 'cluster'),
      inputs: [folder.path],
      stages: ['ingestion', 'deployment-optimizer', 'benchmark'],
      outsiders: [{ kind: 'stage', stage: 'training' }],
      teams: { training: 'strangers' },
      environment: { SEDGE_RECONCILE_MS: String(RECONCILE_MS) },
      fsync: false,
    });
    api = new ClusterApi(cluster.url, cluster.token);
    broker = await connect({ ...cluster.brokerOptions(), maxReconnectAttempts: -1 });
    for (const subject of ['sedge.job.*.training.>', 'sedge.tool.*.training.>', 'sedge.artifact.>']) {
      broker.subscribe(subject, {
        callback: (_, message) =>
          void overheard.push({ subject: message.subject, event: message.json<Overheard['event']>() }),
      });
    }
    const port = String(await freePort());
    const places = ['--nats', cluster.brokerUrlFor('training'), '--api', cluster.url, '--port', port];
    const own = ['--home', join(folder.path, 'stage'), '--tool', join(folder.path, 'tool')];
    const token = await cluster.tokenFor({ subject: 'stranger', scope: 'run', team: 'strangers' });
    stage = new StrangersStage(`http://127.0.0.1:${port}`, [...places, ...own], token);
    await stage.start();
    await api.hasTools('ingest-speech-commands', 'extract-mfcc', 'train-pytorch', 'deploy-lne', 'benchmark-accuracy');
  });

  afterAll(async () => {
    await stage?.kill();
    await broker?.close();
    await cluster?.stop();
    await folder?.remove();
  });

  it('brings the keyword-spotting workflow to its end, though it is killed while it trains', async () => {
    expect(cluster.copiesOf('training')).toEqual([]);
    const run = await api.startRun(workflow(20));
    const isTraining = ({ event }: Overheard): boolean => event.type === 'sedge.job.progress.v1';
    await until(async () => overheard.some(isTraining), TRAINING_MS);
    await stage.kill();
    await stage.start();
    const ended = await api.ended(run, 1_200_000);
    expect([ended.state, ended.failure]).toEqual(['succeeded', null]);
    const { job, outputs } = itemNamed(ended, 'model');
    expect(await stage.job(job!)).toMatchObject({
      state: 'succeeded',
      attempts: [{ outcome: 'preempted' }, { outcome: 'succeeded' }],
    });
    const model = await api.get<{ kind: string; producedBy: object; derivedFrom: string[] }>(
      `/v1/artifacts/${outputs!['model']}`,
    );
    expect(model).toMatchObject({ kind: 'model', producedBy: { job, output: 'model', toolName: 'train-pytorch' } });
    const inputs = [itemNamed(ended, 'features').outputs!['features'], itemNamed(ended, 'speech').outputs!['dataset']];
    expect(model.derivedFrom.sort()).toEqual(inputs.sort());
    const accuracy = itemNamed(ended, 'accuracy').outputs!['report'];
    const { metadata } = await api.get<{ metadata: { metrics: { top1: number } } }>(`/v1/artifacts/${accuracy}`);
    expect(metadata.metrics.top1).toBeGreaterThanOrEqual(0);
  });

  it('is asked nothing twice: the same workflow reuses what it has made', async () => {
    const run = await api.ended(await api.startRun(workflow(20)), 1_200_000);
    expect([run.state, itemNamed(run, 'model').decision]).toEqual(['succeeded', 'reused']);
  });

  it('ends a job for which nobody waits any more', async () => {
    const run = await api.startRun(workflow(100_000));
    await until(async () =>
      (await api.itemsOf(run)).some(({ name, state }) => name === 'model' && state === 'running'),
    );
    const { job } = itemNamed(await api.show(run), 'model');
    await until(async () => (await stage.job(job!)).state === 'running');
    await api.call(`/v1/runs/${run}/cancel`, { method: 'POST' });
    await until(async () => (await stage.job(job!)).state === 'cancelled');
    await until(async () =>
      overheard.some(({ event }) => event.type === 'sedge.job.cancelled.v1' && event.subject === job),
    );
    expect((await api.show(run)).state).toBe('cancelled');
  });

  it('tells of a job of which no event told: the broker lost the end of it', async () => {
    const manager = await jetstreamManager(broker);
    const run = await api.startRun(workflow(2));
    await until(async () =>
      (await api.itemsOf(run)).some(({ name, state }) => name === 'model' && state === 'running'),
    );
    const { job } = itemNamed(await api.show(run), 'model');
    await manager.consumers.pause('SEDGE_EVENTS', 'workflow-jobs', new Date(Date.now() + 600_000));
    const isEnd = ({ event }: Overheard): boolean =>
      event.type === 'sedge.job.succeeded.v1' && event.subject === job && event.source === '/services/training';
    await until(async () => overheard.some(isEnd), TRAINING_MS);
    await manager.streams.purge('SEDGE_EVENTS');
    await manager.consumers.resume('SEDGE_EVENTS', 'workflow-jobs');
    await until(async () => itemNamed(await api.show(run), 'model').state === 'succeeded');
    await api.call(`/v1/runs/${run}/cancel`, { method: 'POST' });
    const unknown = await fetch(`${stage.url}/v1/jobs/sha256:${'0'.repeat(64)}`);
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { code: 'JOB_UNKNOWN' }]);
  });

  it('says nothing but what the AsyncAPI document says, and nothing of it is a dead letter', async () => {
    const document = asyncApiDocument() as unknown as AsyncApi;
    const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true } });
    const theirs = overheard.filter(({ event }) => event.source === '/services/training');
    const mistakes = theirs.flatMap(({ subject, event }) => {
      const { address } = document.channels[event.type]!;
      const isAddress = new RegExp(`^${address.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^.]+')}$`).test(subject);
      const validate = ajv.compile(document.components.messages[event.type]!.payload);
      return isAddress && validate(event) ? [] : [`${subject}: ${ajv.errorsText(validate.errors)}`];
    });
    expect(mistakes).toEqual([]);
    const types = ['started', 'progress', 'succeeded', 'cancelled'].map((verb) => `sedge.job.${verb}.v1`);
    expect(new Set(theirs.map(({ event }) => event.type))).toEqual(
      new Set([...types, 'sedge.artifact.stored.v1', 'sedge.tool.registered.v1']),
    );
    expect(await api.get('/v1/dead-letters')).toEqual({ letters: [] });
  });
});
