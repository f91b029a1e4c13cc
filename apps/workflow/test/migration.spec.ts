import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunPage } from '../src/domain/run-view.js';
import { layOutEarlierData } from './earlier-data.js';
import { Harness, itemNamed, statesOf } from './harness.js';

describe('a data directory of commit 220621c', () => {
  let folder: string;
  let harness: Harness;
  let earlier: Awaited<ReturnType<typeof layOutEarlierData>>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sedge-earlier-'));
    earlier = await layOutEarlierData('schema-220621c.json', folder);
    harness = await Harness.start(folder);
  });
  afterAll(async () => {
    await harness?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('gets the tables of today at the start', async () => {
    const [{ count }] = (await harness
      .service(DataSource)
      .query(
        `SELECT count(*)::int AS count FROM pg_indexes WHERE schemaname = 'workflow' AND indexname = 'run_newest'`,
      )) as [{ count: number }];
    expect(count).toBe(1);
  });

  it('keeps its runs, with steps, results and failures', async () => {
    const run = await harness.show(earlier.runs.succeeded);
    expect(statesOf(run)).toEqual({
      one: 'succeeded',
      'two[value=1]': 'succeeded',
      'two[value=2]': 'succeeded',
      best: 'succeeded',
    });
    expect(itemNamed(run, 'best').note).toBe('chose two[value=2]: value 6 is the max of 2');
    const failed = await harness.show(earlier.runs.failed);
    expect(itemNamed(failed, 'bad').failure).toMatchObject({ code: 'SAMPLE_FAILED' });
  });

  it('keeps its artifacts, with content and lineage, and its jobs', async () => {
    const run = await harness.show(earlier.runs.succeeded);
    const id = itemNamed(run, 'two[value=2]').outputs!['report']!;
    const { body } = await harness.get<{ metadata: unknown }>(`/v1/artifacts/${id}`);
    expect(body.metadata).toEqual({ metrics: { value: 6, cost: 8 } });
    expect((await harness.get(`/v1/artifacts/${id}/files/report.json`)).body).toEqual({ value: 6, cost: 8 });
    const { body: lineage } = await harness.get(`/v1/artifacts/${id}/lineage`);
    expect(JSON.stringify(lineage)).toContain(itemNamed(run, 'one').outputs!['report']!);
    const { body: job } = await harness.get(`/v1/jobs/${itemNamed(run, 'one').job}`);
    expect(job).toMatchObject({ state: 'succeeded', attempts: [{ number: 1, outcome: 'succeeded' }] });
  });

  it('goes on: a new run comes before the old ones, and a failed one is retried', async () => {
    const run = await harness.run('name: new\nsteps: { one: { tool: measure, with: { note: new } } }\n');
    expect(run.state).toBe('succeeded');
    const { body } = await harness.get<RunPage>('/v1/runs');
    expect(body.runs.map(({ id }) => id)).toEqual([run.id, earlier.runs.failed, earlier.runs.succeeded]);
    await harness.post(`/v1/runs/${earlier.runs.failed}/retry`);
    expect((await harness.ended(earlier.runs.failed)).state).toBe('failed');
  });
});
