import type { Digest } from '@sedge/artifact-contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RealBackEnds, missingBackEnd } from './real-back-ends.js';
import { makeDataDirectory, start, type Started } from './stage-harness.js';

const LEASE_S = 2;
/** Longer than a lease, and than a store's client goes on trying. */
const AWAY_MS = 2.5 * LEASE_S * 1000;

describe.skipIf(missingBackEnd)(`a job while a back end is away (${missingBackEnd ?? 'on real servers'})`, () => {
  let data: Awaited<ReturnType<typeof makeDataDirectory>>;
  let backEnds: RealBackEnds;
  let stage: Started;

  beforeAll(async () => {
    data = await makeDataDirectory();
    backEnds = await RealBackEnds.start();
    stage = await start(data.path, {
      SEDGE_LEASE_S: String(LEASE_S),
      ...backEnds.settings,
    });
  });
  afterAll(async () => {
    await stage?.process.close();
    await backEnds?.stop();
    await data?.remove();
  });

  const begin = async (parameters: Record<string, unknown>): Promise<Digest> => {
    const job = await stage.client.ask({ tool: 'write-note', parameters });
    await stage.client.hear('sedge.job.started.v1', job);
    return job;
  };
  const endsByFirstAttempt = async (job: Digest): Promise<void> => {
    const { data: result } = await stage.client.hear('sedge.job.succeeded.v1', job);
    expect(result).toMatchObject({ attempt: 1 });
    const { body } = await stage.get(`/v1/jobs/${job}`);
    expect(body).toMatchObject({ state: 'succeeded', attempts: [{ number: 1, outcome: 'succeeded' }] });
  };

  it('goes on over an outage of the database that is longer than its lease', async () => {
    const job = await begin({ text: 'works meanwhile', waitMs: AWAY_MS + 2000 });
    await backEnds.postgres.process.kill();
    await sleep(AWAY_MS);
    await backEnds.postgres.process.start();
    await endsByFirstAttempt(job);
  });

  it('keeps its result until the database takes it', async () => {
    const job = await begin({ text: 'ends meanwhile', waitMs: 1000 });
    await backEnds.postgres.process.kill();
    await sleep(AWAY_MS);
    await backEnds.postgres.process.start();
    await endsByFirstAttempt(job);
  });

  it('keeps its result until the store takes it', async () => {
    const job = await begin({ text: 'has something to store', waitMs: 1000 });
    await backEnds.s3.process.kill();
    await sleep(AWAY_MS);
    await backEnds.s3.process.start();
    await endsByFirstAttempt(job);
    expect((await stage.get(`/v1/jobs/${job}/logs`)).body).toContain('waits for the store');
  });

  it('waits for a store that is away when it begins, and can be cancelled then', async () => {
    const { data: made } = await stage.client.hear(
      'sedge.job.succeeded.v1',
      await begin({ text: 'read by others', waitMs: 0 }),
    );
    await backEnds.s3.process.kill();
    const inputs = { earlier: made.outputs['note']! };
    const ask = (text: string): Promise<Digest> =>
      stage.client.ask({ tool: 'write-note', parameters: { text }, inputs });
    const [kept, left] = [await ask('kept'), await ask('left')];
    for (const job of [kept, left]) await stage.client.hear('sedge.job.started.v1', job);
    await stage.client.leave(left, 'write-note');
    await stage.client.hear('sedge.job.cancelled.v1', left);
    await backEnds.s3.process.start();
    await endsByFirstAttempt(kept);
  });
});
