import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { missingServer } from '@sedge/local-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OtlpReceiver, type ReceivedSpan } from '../../apps/sedge/test/server/otlp-receiver.js';
import {
  SAMPLE_TOOLS,
  buildProgram,
  itemNamed,
  makeFolder,
  until,
  type Run,
} from '../../apps/sedge/test/server/sedge-process.js';
import { Cluster } from '../../tools/dev/distributed/cluster.mjs';
import { ClusterApi } from './cluster-api.js';

const missing = missingServer('nats-server', 'postgres', 'versitygw');
const HTTP_TOOL = join('tools', 'examples', 'http-tool');
const WORKFLOW = `name: observed
steps:
  sum: { tool: sum-values, with: { value: 2, pauseMs: 2500 } }
  outside: { tool: sum-values-http, in: { of: $sum.report }, with: { value: 3 } }
  words: { tool: describe-value, in: { of: $outside.report } }
`;

interface LogLine {
  level: string;
  message: string;
  job?: string;
  run?: string;
  attempt?: number;
  trace?: string;
}

/** One run, of which a worker is killed in the middle, so that it is in the logs. */
describe.skipIf(missing)(
  `what services as processes of their own show of a run (${missing ?? 'on real back ends'})`,
  () => {
    let folder: Awaited<ReturnType<typeof makeFolder>>;
    let cluster: Cluster;
    let receiver: OtlpReceiver;
    let server: ChildProcess;
    let api: ClusterApi;
    let run: Run;

    /** The example of a tool behind HTTP, as it stands, at a port of its own. */
    async function startHttpTool(): Promise<string> {
      server = spawn('python3', [join(HTTP_TOOL, 'server.py'), '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [url] = (await once(server.stdout!, 'data')) as [Buffer];
      const place = join(folder.path, 'tools', 'training', 'sum-values-http');
      mkdirSync(place, { recursive: true });
      const text = readFileSync(join(HTTP_TOOL, 'tool.yaml'), 'utf8');
      writeFileSync(join(place, 'tool.yaml'), text.replace(/http:[^']+/, url.toString().trim()));
      return join(folder.path, 'tools');
    }

    beforeAll(async () => {
      buildProgram();
      folder = await makeFolder();
      receiver = await OtlpReceiver.start();
      cluster = await Cluster.start({
        home: join(folder.path, 'cluster'),
        stages: ['training', 'benchmark'],
        environment: {
          SEDGE_TOOLS_DIR: [SAMPLE_TOOLS, await startHttpTool()].join(delimiter),
          SEDGE_LEASE_S: '2',
          OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
          OTEL_BSP_SCHEDULE_DELAY: '50',
        },
        fsync: false,
      });
      api = new ClusterApi(cluster.url, cluster.token);
      await api.hasTools('sum-values', 'sum-values-http', 'describe-value');
      const id = await api.startRun(WORKFLOW);
      await until(async () => itemNamed(await api.show(id), 'sum').state === 'running');
      const [training] = cluster.copiesOf('training');
      await training!.kill();
      await training!.start();
      run = await api.ended(id);
      await until(async () => receiver.spans.some(({ name }) => name === 'run observed'));
      await until(async () => receiver.spans.some(({ name }) => name === 'attempt describe-value'));
    });
    afterAll(async () => {
      server?.kill();
      await cluster?.stop();
      await receiver?.stop();
      await folder?.remove();
    });

    const ofRun = (): ReceivedSpan[] => receiver.spans.filter(({ attributes }) => attributes['sedge.run'] === run.id);

    it('is one trace over all processes, attempts of killed ones included', () => {
      expect([run.state, run.failure]).toEqual(['succeeded', null]);
      expect(new Set(ofRun().map(({ traceId }) => traceId)).size).toBe(1);
      expect(new Set(ofRun().map(({ service }) => service))).toEqual(new Set(['workflow', 'training', 'benchmark']));
      const attempts = ofRun().filter(({ name }) => name === 'attempt sum-values');
      expect(attempts.map(({ attributes }) => attributes['sedge.outcome']).sort()).toEqual(['preempted', 'succeeded']);
      const top = receiver.spans.find(({ name }) => name === 'run observed')!;
      const jobs = receiver.spans.filter(({ parentSpanId }) => parentSpanId === top.spanId).map(({ name }) => name);
      expect(jobs.sort()).toEqual(['job describe-value', 'job sum-values', 'job sum-values-http']);
    });

    it('has its place in the trace at a tool behind HTTP, by the header traceparent', async () => {
      const { text } = await api.call(`/v1/runs/${run.id}/logs?step=outside`);
      const [, traceId, spanId] = /the trace is 00-([0-9a-f]{32})-([0-9a-f]{16})-01/.exec(text)!;
      const { job } = itemNamed(run, 'outside');
      expect(ofRun().find((span) => span.spanId === spanId)).toMatchObject({
        traceId,
        service: 'training',
        name: 'run tool',
        attributes: { 'sedge.job': job },
      });
    });

    it('is in the metrics of each process, for whoever may read', async () => {
      const token = await cluster.tokenFor({ subject: 'prometheus', scope: 'read' });
      const figures = new Map<string, string>();
      for (const { service, url } of cluster.services) {
        expect((await fetch(`${url}/v1/metrics`)).status).toBe(401);
        const { status, text } = await new ClusterApi(url, token).call('/v1/metrics');
        expect([service, status]).toEqual([service, 200]);
        expect(text).toContain('process_resident_memory_bytes');
        figures.set(service, text);
      }
      const jobs = (stage: string, tool: string): string =>
        `sedge_jobs{stage="${stage}",tool="${tool}",state="succeeded"} 1`;
      expect(figures.get('training')).toContain(jobs('training', 'sum-values'));
      expect(figures.get('training')).toContain(jobs('training', 'sum-values-http'));
      expect(figures.get('training')).not.toContain('stage="benchmark"');
      expect(figures.get('benchmark')).toContain(jobs('benchmark', 'describe-value'));
      expect(figures.get('workflow')).toContain('sedge_runs{state="succeeded"} 1');
      expect(figures.get('workflow')).toContain('sedge_run_items{decision="ran"} 3');
      expect(figures.get('workflow')).toMatch(/sedge_consumer_pending\{consumer="workflow-jobs"\} 0/);
      for (const text of figures.values()) expect(text).toContain('sedge_dead_letters 0');
    });

    it('is in the log of who took up its job, with run, job, attempt and trace', () => {
      const text = readFileSync(join(cluster.home, 'logs', 'training-1.log'), 'utf8');
      const lines = text.split('\n').filter((line) => line !== '');
      const line = lines
        .map((words) => JSON.parse(words) as LogLine)
        .find(({ message }) => message.includes('is gone'));
      const { job } = itemNamed(run, 'sum');
      expect(line).toMatchObject({ level: 'warn', run: run.id, job, attempt: 1, trace: ofRun()[0]!.traceId });
    });
  },
);
