import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { OtlpReceiver, type ReceivedSpan } from './otlp-receiver.js';
import { SedgeProcess, buildProgram, itemNamed, makeFolder, until, type Run } from './sedge-process.js';

// Processes are started and ended, which takes its time on a machine that is busy.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const WORKFLOW = `name: traced
steps:
  sum: { tool: sum-values, with: { value: 20, pauseMs: 2000 } }
  words: { tool: describe-value, in: { of: $sum.report } }
`;

describe('a run whose process is killed in the middle', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let receiver: OtlpReceiver;
  let sedge: SedgeProcess;
  let run: Run;

  const start = (): Promise<SedgeProcess> =>
    SedgeProcess.start({
      dataDirectory: folder.path,
      // Spans of a process that is killed are those that have left it.
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '50' },
    });

  beforeAll(async () => {
    buildProgram();
    folder = await makeFolder();
    receiver = await OtlpReceiver.start();
    sedge = await start();
    const answer = await fetch(`${sedge.url}/v1/runs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent: `00-${TRACE}-${CALLER}-01` },
      body: JSON.stringify({ workflow: WORKFLOW, baseDirectory: tmpdir() }),
    });
    const { id } = (await answer.json()) as { id: string };
    await until(async () => itemNamed(await sedge.show(id), 'sum').state === 'running');
    await until(async () => receiver.spans.some(({ name }) => name === 'fetch inputs'));
    await sedge.kill();
    sedge = await start();
    run = await sedge.ended(id);
    await until(async () => receiver.spans.some(({ name }) => name === 'run traced'));
    // The index learns of artifacts beside the run.
    await until(async () => named('process sedge.artifact.stored.v1').length === 2);
  });
  afterAll(async () => {
    await sedge?.stop();
    await receiver?.stop();
    await folder?.remove();
  });

  const named = (name: string): ReceivedSpan[] => receiver.spans.filter((span) => span.name === name);
  const the = (name: string): ReceivedSpan => {
    expect(named(name).map((span) => span.name)).toEqual([name]);
    return named(name)[0]!;
  };
  const below = (parent: ReceivedSpan): string[] =>
    receiver.spans
      .filter(({ parentSpanId }) => parentSpanId === parent.spanId)
      .map(({ service, name }) => `${service}: ${name}`)
      .sort();

  it('is one trace, that of who asked for it', () => {
    expect(run.state).toBe('succeeded');
    const ofRun = receiver.spans.filter(({ attributes }) => attributes['sedge.run'] === run.id);
    expect(ofRun.length).toBeGreaterThan(10);
    expect(new Set(ofRun.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
    const ids = new Set([CALLER, ...receiver.spans.map(({ spanId }) => spanId)]);
    expect(receiver.spans.filter(({ traceId, parentSpanId }) => traceId === TRACE && !ids.has(parentSpanId))).toEqual(
      [],
    );
  });

  it('goes from the request through the events to the tools and back', () => {
    const request = the('POST /v1/runs');
    expect(request.parentSpanId).toBe(CALLER);
    expect(below(request)).toEqual(['workflow: run traced']);
    const top = the('run traced');
    expect(below(top)).toEqual(['workflow: job describe-value', 'workflow: job sum-values']);
    expect(below(the('job describe-value'))).toEqual([
      'benchmark: attempt describe-value',
      'benchmark: process sedge.job.requested.v1',
    ]);
    expect(below(the('attempt describe-value'))).toEqual([
      'benchmark: fetch inputs',
      'benchmark: run tool',
      'benchmark: store outputs',
      'workflow: process sedge.artifact.stored.v1',
      'workflow: process sedge.job.started.v1',
      'workflow: process sedge.job.succeeded.v1',
    ]);
    for (const { name, startedAt, endedAt } of [the('job sum-values'), the('job describe-value')]) {
      expect([name, startedAt >= top.startedAt && endedAt <= top.endedAt]).toEqual([name, true]);
    }
  });

  it('shows the attempt that died, and that the next one came after it', () => {
    const [first, second] = named('attempt sum-values').sort((a, b) => a.startedAt - b.startedAt);
    expect([first!.attributes['sedge.outcome'], first!.isFailed]).toEqual(['preempted', true]);
    expect([second!.attributes['sedge.outcome'], second!.isFailed]).toEqual(['succeeded', false]);
    expect(second!.links).toEqual([first!.spanId]);
  });

  it('gives each tool its place in the trace', async () => {
    const log = await sedge.api.text(`/v1/runs/${run.id}/logs?step=sum`);
    const [, traceId, spanId] = /the trace is 00-([0-9a-f]{32})-([0-9a-f]{16})-01/.exec(log)!;
    expect(traceId).toBe(TRACE);
    expect(receiver.spans.find((span) => span.spanId === spanId)).toMatchObject({
      service: 'training',
      name: 'run tool',
    });
  });

  it('is a trace of its own where the caller has none', async () => {
    const other = await sedge.run(WORKFLOW.replace('20', '21').replace('2000', '50'));
    await until(async () => named('run traced').length === 2);
    const top = named('run traced').find(({ attributes }) => attributes['sedge.run'] === other.id)!;
    expect(top.traceId).not.toBe(TRACE);
    const root = receiver.spans.find(({ spanId }) => spanId === top.parentSpanId)!;
    expect([root.name, root.parentSpanId]).toEqual(['POST /v1/runs', '']);
  });
});
