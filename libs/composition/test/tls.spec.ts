import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NatsBus } from '@sedge/adapter-nats';
import { PostgresDatabase, provisionServices, urlFor } from '@sedge/adapter-postgres';
import { S3Store } from '@sedge/adapter-s3';
import {
  NatsServer,
  PostgresServer,
  S3Server,
  makeCertificates,
  missingServer,
  type Certificates,
} from '@sedge/local-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSettings, startProcess } from '../src/index.js';

const missing = missingServer('nats-server', 'postgres', 'versitygw');
/** Whoever waits for a server that can't be trusted waits for nothing. */
const PATIENCE_MS = 60_000;

describe.skipIf(missing)(`back ends that speak TLS (${missing ?? 'on real servers'})`, () => {
  let folder: string;
  let own: Certificates;
  let foreign: Certificates;
  let nats: NatsServer;
  let postgres: PostgresServer;
  let s3: S3Server;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sedge-tls-'));
    own = await makeCertificates({ folder: join(folder, 'own') });
    foreign = await makeCertificates({ folder: join(folder, 'foreign') });
    [nats, postgres, s3] = await Promise.all([
      NatsServer.start({ tls: own }),
      PostgresServer.start({ tls: own, fsync: false }),
      S3Server.start({ tls: own }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([nats?.stop(), postgres?.stop(), s3?.stop()]);
    await rm(folder, { recursive: true, force: true });
  });

  const openNats = (caFile: string | null, url = nats.url): Promise<unknown> =>
    NatsBus.open({ url, caFile, name: 'tls', patienceMs: PATIENCE_MS, onTrouble: () => undefined }).then((bus) =>
      bus.close(),
    );
  const openPostgres = (caFile: string | null, url = postgres.url): Promise<unknown> =>
    PostgresDatabase.open({ url, caFile, poolSize: 2, applicationName: 'tls', patienceMs: PATIENCE_MS });
  const openS3 = (caFile: string | null, endpoint = s3.url): Promise<unknown> => {
    const { accessKey, secretKey } = s3;
    const location = { endpoint, bucket: 'tls', accessKey, secretKey, region: 'us-east-1', caFile };
    return new S3Store({ ...location, spoolDirectory: join(folder, 'spool') }).prepare();
  };
  const openers: [string, (caFile: string | null) => Promise<unknown>][] = [
    ['the broker', openNats],
    ['the database', openPostgres],
    ['the store', openS3],
  ];

  it.each(openers)('%s is used where its authority is the one that is named', async (_what, open) => {
    await open(own.caFile);
  });

  it.each(openers)(
    '%s is refused at once where another authority is named, and what mends it is said',
    async (_what, open) => {
      const startedAt = Date.now();
      const failure = (await open(foreign.caFile).catch((error: unknown) => error)) as Error & { mend?: string };
      expect(`${failure.message}; ${failure.mend}`).toContain('SEDGE_CA_FILE');
      await expect(open(null)).rejects.toThrow(/certificate/);
      expect(Date.now() - startedAt).toBeLessThan(PATIENCE_MS / 4);
    },
  );

  it('that have a certificate for another name are refused', async () => {
    const other = await makeCertificates({ folder: join(folder, 'other'), names: 'DNS:elsewhere.example' });
    const [broker, store] = await Promise.all([NatsServer.start({ tls: other }), S3Server.start({ tls: other })]);
    try {
      await expect(openNats(other.caFile, broker.url)).rejects.toThrow(/does not match/);
      await expect(openS3(other.caFile, store.url)).rejects.toThrow(/does not match/);
    } finally {
      await Promise.all([broker.stop(), store.stop()]);
    }
  });

  it('take nobody who does not speak it', async () => {
    // A client that was not told of TLS hears of it from the broker, and looks whom it speaks to all the same.
    await expect(openNats(null, nats.url.replace('tls:', 'nats:'))).rejects.toThrow(/certificate/);
    await expect(openPostgres(null, postgres.url.replace('?sslmode=verify-full', ''))).rejects.toThrow(
      /pg_hba|no encryption/,
    );
  });

  it('serve a whole process, whose settings name the authority', async () => {
    const account = { schema: 'workflow', user: 'sedge_workflow', password: 'on-this-machine' };
    await provisionServices(postgres.url, [account], own.caFile);
    const settings = readSettings({
      SEDGE_HOME: join(folder, 'home'),
      SEDGE_PORT: '0',
      SEDGE_CA_FILE: own.caFile,
      SEDGE_EVENTS: 'nats',
      SEDGE_NATS_URL: nats.url,
      SEDGE_STATE: 'postgres',
      SEDGE_DATABASE_URL: urlFor(postgres.url, account),
      SEDGE_ARTIFACTS: 's3',
      SEDGE_S3_URL: `${s3.url}/tls`,
      SEDGE_S3_ACCESS_KEY: s3.accessKey,
      SEDGE_S3_SECRET_KEY: s3.secretKey,
    });
    const running = await startProcess({ modules: [], settings });
    expect((await fetch(`${running.url}/v1/health/ready`)).status).toBe(200);
    await running.close();
  });

  it('are asked for in the settings by the one mode of PostgreSQL that looks whom it speaks to', () => {
    const settings = (mode: string): unknown =>
      readSettings({ SEDGE_STATE: 'postgres', SEDGE_DATABASE_URL: `postgres://a:b@host:5432/db?sslmode=${mode}` });
    for (const mode of ['require', 'prefer', 'no-verify', 'verify-ca'])
      expect(() => settings(mode)).toThrow(/verify-full/);
    for (const mode of ['verify-full', 'disable']) settings(mode);
  });
});
