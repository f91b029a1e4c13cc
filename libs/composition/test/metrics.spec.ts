import { readFile } from 'node:fs/promises';
import { METRICS, type MetricDefinition } from '@sedge/service-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDataDirectory, start, type Started } from './stage-harness.js';

describe('the metrics of a process', () => {
  let data: Awaited<ReturnType<typeof makeDataDirectory>>;
  let stage: Started;

  beforeAll(async () => {
    data = await makeDataDirectory();
    stage = await start(data.path);
  });
  afterAll(async () => {
    await stage?.process.close();
    await data?.remove();
  });

  /** Values by the line's name and labels, as `sedge_jobs{stage="sample",…}`. */
  async function figures(): Promise<Map<string, number>> {
    const answer = await fetch(`${stage.process.url}/v1/metrics`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain;.*version=0\.0\.4/);
    const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
    );
  }
  const of = (tool: string, more = ''): string => `{stage="sample",tool="${tool}"${more}}`;
  const ended = (outcome: string): string =>
    `sedge_job_attempt_duration_seconds_count${of('write-note', `,outcome="${outcome}"`)}`;

  it('tell of jobs by state, of those that wait, and of bytes', async () => {
    const before = await figures();
    const good = await stage.client.ask({ tool: 'write-note', parameters: { text: 'twelve bytes' } });
    await stage.client.hear('sedge.job.succeeded.v1', good);
    const bad = await stage.client.ask({ tool: 'write-note', parameters: { text: 'bad', fail: 'tool' } });
    await stage.client.hear('sedge.job.failed.v1', bad);
    const long = { waitMs: 60_000 };
    const busy = await stage.client.ask({ tool: 'fill-machine', parameters: { ...long, text: 'one' } });
    await stage.client.hear('sedge.job.started.v1', busy);
    const waiting = await stage.client.ask({ tool: 'fill-machine', parameters: { ...long, text: 'two' } });
    const queued = `sedge_jobs${of('fill-machine', ',state="queued"')}`;
    while (!(await figures()).has(queued)) await new Promise((resolve) => setTimeout(resolve, 20));

    const after = await figures();
    expect(after.get(`sedge_jobs${of('write-note', ',state="succeeded"')}`)).toBe(1);
    expect(after.get(`sedge_jobs${of('write-note', ',state="failed"')}`)).toBe(1);
    expect(after.get(`sedge_jobs${of('fill-machine', ',state="running"')}`)).toBe(1);
    expect(after.get(queued)).toBe(1);
    expect(after.get(`sedge_jobs_due${of('fill-machine')}`)).toBe(1);
    expect(after.get(`sedge_jobs_due_oldest_seconds${of('fill-machine')}`)).toBeGreaterThan(0);
    expect([after.get(ended('succeeded')), after.get(ended('failed'))]).toEqual([1, 1]);
    const stored = 'sedge_artifact_stored_bytes_total';
    expect(after.get(stored)! - before.get(stored)!).toBeGreaterThan(12);
    expect(after.get('sedge_dead_letters')).toBe(0);
    expect(after.has('sedge_consumer_pending{consumer="sample-jobs"}')).toBe(true);
    expect(after.has('sedge_outbox_events{service="sample"}')).toBe(true);
    expect(after.has('nodejs_eventloop_lag_seconds')).toBe(true);
    for (const job of [busy, waiting]) await stage.client.leave(job, 'fill-machine');
    await stage.client.hear('sedge.job.cancelled.v1', busy);
  });

  it('forget no job at a restart', async () => {
    await stage.process.close();
    stage = await start(data.path);
    const after = await figures();
    expect(after.get(`sedge_jobs${of('write-note', ',state="succeeded"')}`)).toBe(1);
    expect(after.get(`sedge_jobs${of('write-note', ',state="failed"')}`)).toBe(1);
  });

  it('are all in the manual, with their kind and labels, and the manual has no others', async () => {
    const manual = await readFile('docs/how-to/observe.md', 'utf8');
    const rows = [...manual.matchAll(/^\| `(sedge_\w+)` +\| (\w+) +\| ([^|]*?) +\| /gm)].map(
      ([, name, kind, labels]) => [name, kind, labels === 'none' ? '' : labels!.replaceAll('`', '')],
    );
    const declared = Object.entries<MetricDefinition>(METRICS).map(([name, { kind, labels }]) => [
      name,
      kind,
      labels.join(', '),
    ]);
    expect(rows).toEqual(declared);
  });
});
