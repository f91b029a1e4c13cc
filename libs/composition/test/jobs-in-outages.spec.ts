import type { Digest } from '@sedge/artifact-contracts';
import { NatsServer, PostgresServer, S3Server, missingServer } from '@sedge/local-servers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDataDirectory, start, type Started } from './stage-harness.js';

const missing = missingServer('nats-server', 'postgres', 'versitygw');
const LEASE_S = 2;
/** Longer than a lease, and than a store's client goes on trying. */
const AWAY_MS = 2.5 * LEASE_S * 1000;

describe.skipIf(missing)(`a job while a back end is away (${missing ?? 'on real servers'})`, () => {
  let data: Awaited<ReturnType<typeof makeDataDirectory>>;
  let nats: NatsServer;
  let postgres: PostgresServer;
  let s3: S3Server;
  let stage: Started;

  beforeAll(async () => {
    data = await makeDataDirectory();
    [nats, postgres, s3] = await Promise.all([
      NatsServer.start(),
      PostgresServer.start({ fsync: false }),
      S3Server.start(),
    ]);
    stage = await start(data.path, {
      SEDGE_LEASE_S: String(LEASE_S),
      SEDGE_EVENTS: 'nats',
      SEDGE_NATS_URL: nats.url,
      SEDGE_STATE: 'postgres',
      SEDGE_DATABASE_URL: postgres.url,
      SEDGE_ARTIFACTS: 's3',
      SEDGE_S3_URL: `${s3.url}/notes`,
      SEDGE_S3_ACCESS_KEY: s3.accessKey,
      SEDGE_S3_SECRET_KEY: s3.secretKey,
    });
  });
  afterAll(async () => {
    await stage?.process.close();
    await Promise.all([nats?.stop(), postgres?.stop(), s3?.stop()]);
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
    await postgres.process.kill();
    await sleep(AWAY_MS);
    await postgres.process.start();
    await endsByFirstAttempt(job);
  });

  it('keeps its result until the database takes it', async () => {
    const job = await begin({ text: 'ends meanwhile', waitMs: 1000 });
    await postgres.process.kill();
    await sleep(AWAY_MS);
    await postgres.process.start();
    await endsByFirstAttempt(job);
  });

  it('keeps its result until the store takes it', async () => {
    const job = await begin({ text: 'has something to store', waitMs: 1000 });
    await s3.process.kill();
    await sleep(AWAY_MS);
    await s3.process.start();
    await endsByFirstAttempt(job);
    expect((await stage.get(`/v1/jobs/${job}/logs`)).body).toContain('waits for the store');
  });

  it('waits for a store that is away when it begins, and can be cancelled then', async () => {
    const { data: made } = await stage.client.hear(
      'sedge.job.succeeded.v1',
      await begin({ text: 'read by others', waitMs: 0 }),
    );
    await s3.process.kill();
    const inputs = { earlier: made.outputs['note']! };
    const ask = (text: string): Promise<Digest> =>
      stage.client.ask({ tool: 'write-note', parameters: { text }, inputs });
    const [kept, left] = [await ask('kept'), await ask('left')];
    for (const job of [kept, left]) await stage.client.hear('sedge.job.started.v1', job);
    await stage.client.leave(left, 'write-note');
    await stage.client.hear('sedge.job.cancelled.v1', left);
    await s3.process.start();
    await endsByFirstAttempt(kept);
  });
});
