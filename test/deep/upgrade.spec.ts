import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { asyncApiDocument } from '@sedge/event-contracts';
import { missingServer } from '@sedge/local-servers';
import { Ajv2020 } from 'ajv/dist/2020.js';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SAMPLE_TOOLS, buildProgram, makeFolder, until, type Run } from '../../apps/sedge/test/server/sedge-process.js';
import { Cluster } from '../../tools/dev/distributed/cluster.mjs';
import type { ServiceProcess } from '../../tools/dev/distributed/service-process.mjs';
import { ClusterApi } from '../distributed/cluster-api.js';
import { NEXT_RELEASE, buildNextVersion } from './next-version.js';

const missing = missingServer('nats-server', 'postgres', 'versitygw');
type Version = 'present' | 'next';

const LEASE_S = 2;
const RUNS_AT_ONCE = 2;

interface Succeeded {
  subject: string;
  data: { job: string; release?: string };
}

interface Attempt {
  job: string;
  outcome: string | null;
  release: string | null;
}

/** Jobs that two workers share, half of them by a tool that the next version changes, one that waits for others, and one of another stage. */
const workflow = (n: number, log: string): string => {
  const values = (from: number): string => [1, 2, 3, 4].map((i) => 10 * n + from + i).join(', ');
  return `name: sums-${n}
steps:
  many: { tool: sum-values, with: { pauseMs: 300, log: ${log} }, sweep: { value: [${values(0)}] } }
  more: { tool: total-values, with: { pauseMs: 300, log: ${log} }, sweep: { value: [${values(4)}] } }
  all: { tool: sum-values, in: { all: { all: $more.report } }, with: { value: ${n}, log: ${log} } }
  words: { tool: describe-value, in: { of: $all.report } }
`;
};

/** A folder of tools with one like sum-values. @param more what its program says beyond that */
function makeTool(root: string, name: string, more: string): void {
  const [source, target] = [join(SAMPLE_TOOLS, 'training', 'sum-values'), join(root, 'training', name)];
  mkdirSync(target, { recursive: true });
  const definition = readFileSync(join(source, 'tool.yaml'), 'utf8');
  writeFileSync(join(target, 'tool.yaml'), definition.replace('name: sum-values', `name: ${name}`));
  writeFileSync(join(target, 'main.py'), `${readFileSync(join(source, 'main.py'), 'utf8')}${more}`);
}

/** Runs that follow each other for as long as they are wanted, so that there are always jobs under way. */
class Load {
  private isWanted = true;
  private readonly lanes: Promise<void>[];
  readonly ended: Run[] = [];

  /** @param next gives the text of the next workflow */
  constructor(
    private readonly api: ClusterApi,
    private readonly next: () => string,
  ) {
    this.lanes = Array.from({ length: RUNS_AT_ONCE }, () => this.work());
  }

  /** Begins no more. Resolves when all that began have ended. */
  async end(): Promise<Run[]> {
    this.isWanted = false;
    await Promise.all(this.lanes);
    return this.ended;
  }

  private async work(): Promise<void> {
    while (this.isWanted) this.ended.push(await this.api.ended(await this.begin(this.next()), 60_000));
  }

  /** The service may be away just now: the same key begins the same run. */
  private async begin(text: string): Promise<string> {
    for (;;) {
      const id = await this.api.startRun(text, /name: (\S+)/.exec(text)![1]!).catch(() => null);
      if (id !== null) return id;
      await pause(50);
    }
  }
}

describe.skipIf(missing)(`services that are replaced one by one by their next version (${missing ?? 'there'})`, () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let cluster: Cluster;
  let api: ClusterApi;
  let broker: NatsConnection;
  let database: pg.Client;
  let log: string;
  let entryOf: Record<Version, (service: string) => string>;
  const toolsOf = (version: Version): string => [SAMPLE_TOOLS, join(folder.path, `${version}-tools`)].join(delimiter);
  const heard: Succeeded[] = [];
  let workflows = 0;

  beforeAll(async () => {
    buildProgram();
    folder = await makeFolder();
    log = join(folder.path, 'log');
    entryOf = {
      present: (service) => join('apps', service, 'dist', 'main.js'),
      next: buildNextVersion(join(folder.path, 'next'), ['workflow', 'training', 'benchmark']),
    };
    makeTool(join(folder.path, 'present-tools'), 'total-values', '');
    makeTool(join(folder.path, 'next-tools'), 'total-values', '# and it is another one now\n');
    makeTool(join(folder.path, 'next-tools'), 'new-values', '');
    cluster = await Cluster.start({
      home: join(folder.path, 'cluster'),
      stages: ['training', 'benchmark'],
      environment: { SEDGE_TOOLS_DIR: toolsOf('present'), SEDGE_CORES: '1', SEDGE_LEASE_S: String(LEASE_S) },
      fsync: false,
    });
    await cluster.add('training');
    api = new ClusterApi(cluster.url, cluster.token);
    broker = await connect({ ...cluster.brokerOptions(), maxReconnectAttempts: -1 });
    broker.subscribe('sedge.job.succeeded.>', {
      callback: (_, message) => void heard.push({ subject: message.subject, data: message.json<Succeeded>().data }),
    });
    database = new pg.Client({ connectionString: cluster.postgres.url });
    await database.connect();
    await api.hasTools('sum-values', 'describe-value');
  });

  afterAll(async () => {
    await database?.end();
    await broker?.close();
    await cluster?.stop();
    await folder?.remove();
  });

  const rows = async <Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> =>
    (await database.query<Row>(sql)).rows;
  const load = (): Load => new Load(api, () => workflow(++workflows, log));
  const attempts = (): Promise<Attempt[]> =>
    rows<Attempt>('SELECT job, outcome, release FROM training.attempt ORDER BY started_at');

  /** Ends a copy while it is at a job, and starts it again as another version, with the tools of that. */
  async function replace(copy: ServiceProcess, how: 'stop' | 'kill', version: Version): Promise<void> {
    if (copy.service === 'training') {
      const isBusy = `SELECT 1 FROM training.job WHERE state = 'running' AND worker LIKE '%:${copy.pid}:%'`;
      await until(async () => (await rows(isBusy)).length > 0);
    }
    const code = await copy[how]();
    if (how === 'stop') expect([copy.name, code]).toEqual([copy.name, 0]);
    copy.entry = entryOf[version](copy.service);
    copy.environment['SEDGE_TOOLS_DIR'] = toolsOf(version);
    await copy.start();
  }

  /** Looks again and again whether a tool is there, which older copies don't have. */
  function watchTool(name: string): { end(): Promise<{ times: number; missing: number }> } {
    const seen = { times: 0, missing: 0 };
    let isWanted = true;
    const looking = (async (): Promise<void> => {
      for (; isWanted; await pause(200)) {
        // The service is away while it is replaced.
        const status = await api.call(`/v1/tools/${name}`).then(
          (answer) => answer.status,
          () => null,
        );
        if (status === 200) seen.times++;
        if (status === 404) seen.missing++;
      }
    })();
    return { end: () => ((isWanted = false), looking.then(() => seen)) };
  }

  async function expectAllWell(runs: Run[]): Promise<void> {
    expect(runs.length).toBeGreaterThanOrEqual(RUNS_AT_ONCE);
    expect(runs.map(({ state, failure }) => [state, failure])).toEqual(runs.map(() => ['succeeded', null]));
    const tries = await attempts();
    const done = tries.filter(({ outcome }) => outcome === 'succeeded').map(({ job }) => job);
    expect(done.length).toBeGreaterThanOrEqual(9 * runs.length);
    expect(new Set(done).size).toBe(done.length);
    // No copy took a job that only another version could do.
    expect(tries.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    // A program said its last word as often as its job was done, and at most once more where a copy was ended before it could commit.
    const interrupted = tries.filter(({ outcome }) => outcome !== 'succeeded').map(({ job }) => job);
    const ends = [...readFileSync(log, 'utf8').matchAll(/^end (.*)$/gm)].map(([, job]) => job!);
    expect(new Set(ends)).toEqual(new Set(done));
    const again = ends.filter((job, at) => ends.indexOf(job) < at);
    for (const job of again) expect(interrupted.splice(interrupted.indexOf(job), 1)).toEqual([job]);
    expect(await api.get('/v1/dead-letters')).toEqual({ letters: [] });
    for (const schema of ['workflow', 'training', 'benchmark'])
      await until(async () => (await rows(`SELECT 1 FROM ${schema}.outbox`)).length === 0);
  }

  it('lose nothing and do nothing twice, whoever of them is older', async () => {
    const [first, second] = cluster.copiesOf('training');
    const [workflowCopy] = cluster.copiesOf('workflow');
    const running = load();
    await replace(first!, 'stop', 'next');
    await api.hasTools('new-values');
    const watch = watchTool('new-values');
    // The workflow service is the old one still: it reads events with a field that it doesn't know.
    await until(async () => heard.some(({ data }) => data.release === NEXT_RELEASE));
    const readByOld = heard.length;
    await replace(workflowCopy!, 'kill', 'next');
    // Now the other way round: it reads events that lack the field.
    await until(async () => heard.slice(readByOld).some(({ data }) => data.release === undefined));
    await replace(second!, 'kill', 'next');
    await replace(cluster.copiesOf('benchmark')[0]!, 'stop', 'next');
    await expectAllWell(await running.end());
    expect(await watch.end()).toEqual({ times: expect.any(Number), missing: 0 });
    const outcomes = (await attempts()).map(({ outcome }) => outcome);
    expect(outcomes).toContain('handed-back');
    expect(outcomes).toContain('preempted');
  });

  it('have the tables of the new version, and what the new field said', async () => {
    const migrations = await rows<{ name: string }>(
      'SELECT name FROM workflow.migrations UNION ALL SELECT name FROM training.migrations',
    );
    expect(migrations.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['JobReleases1800000000000', 'AttemptReleases1800000000000']),
    );
    expect(new Set((await attempts()).map(({ release }) => release))).toEqual(new Set([null, NEXT_RELEASE]));
    const known = new Map(
      (await rows<{ id: string; release: string | null }>('SELECT id, release FROM workflow.job')).map(
        ({ id, release }) => [id, release],
      ),
    );
    const last = heard.at(-1)!.data;
    expect([last.release, known.get(last.job)]).toEqual([NEXT_RELEASE, NEXT_RELEASE]);
  });

  it('say in events nothing that breaks the present document, and describe the new field in theirs', async () => {
    interface Document {
      components: { messages: Record<string, { payload: { properties: { data: { properties: object } } } }> };
    }
    const type = 'sedge.job.succeeded.v1';
    const dataOf = (document: Document): { properties: object } =>
      document.components.messages[type]!.payload.properties.data;
    const present = dataOf(asyncApiDocument() as unknown as Document);
    const next = dataOf(await api.get<Document>('/v1/asyncapi.json'));
    expect(Object.keys(present.properties)).not.toContain('release');
    expect(Object.keys(next.properties)).toContain('release');
    const ajv = new Ajv2020({ strict: false });
    for (const schema of [present, next]) {
      const validate = ajv.compile(schema);
      expect(heard.filter(({ data }) => !validate(data))).toEqual([]);
    }
  });

  it('can be replaced by the version before: it works with the newer tables', async () => {
    const running = load();
    await replace(cluster.copiesOf('training')[0]!, 'stop', 'present');
    await replace(cluster.copiesOf('workflow')[0]!, 'stop', 'present');
    const before = heard.length;
    await until(async () => new Set(heard.slice(before).map(({ data }) => data.release)).size === 2);
    await expectAllWell(await running.end());
    const migrations = await rows<{ name: string }>('SELECT name FROM workflow.migrations');
    expect(migrations.map(({ name }) => name)).toContain('JobReleases1800000000000');
  });
});
