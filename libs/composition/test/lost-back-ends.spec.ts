import { Controller, Get, Inject, Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { digestOfBytes } from '@sedge/artifact-contracts';
import { ARTIFACT_STORE, LostBackEndError, type ArtifactStore } from '@sedge/ports';
import { EventSubscriber, Open, ServiceModule, Transactions } from '@sedge/service-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSettings, startProcess, type RunningProcess } from '../src/index.js';
import { RealBackEnds, missingBackEnd } from './real-back-ends.js';
import { makeDataDirectory } from './stage-harness.js';

/** Asks each back end, as routes of services do. */
@Open()
@Controller('v1/ask')
class AskingController {
  constructor(
    private readonly transactions: Transactions,
    @Inject(ARTIFACT_STORE) private readonly store: ArtifactStore,
  ) {}

  @Get('statement')
  async statement(): Promise<object> {
    return { rows: await this.transactions.query('SELECT 1 AS one') };
  }

  @Get('transaction')
  async transaction(): Promise<object> {
    return this.transactions.run(async (transaction) => ({ rows: await transaction.query('SELECT 1 AS one') }));
  }

  @Get('mistake')
  async mistake(): Promise<object> {
    return { rows: await this.transactions.query('SELECT nothing FROM nowhere') };
  }

  @Get('blob')
  async blob(): Promise<object> {
    return { blob: await this.store.stat(digestOfBytes('')) };
  }
}

/** Handles its own events on a database that has no room for the first of its statements. */
@Injectable()
class Listener implements OnModuleInit {
  static readonly fullTimes = 3;
  /** the counts of the deliveries, one for each time that the handler was called */
  readonly deliveries: number[] = [];

  constructor(private readonly subscriber: EventSubscriber) {}

  async onModuleInit(): Promise<void> {
    const options = { consumer: 'listener', subjects: ['sedge.artifact.>'], concurrency: 1 };
    await this.subscriber.subscribe(options, {
      'sedge.artifact.stored.v1': async (_event, transaction, { count }) => {
        this.deliveries.push(count);
        if (this.deliveries.length > Listener.fullTimes) return;
        await transaction.query(
          `DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$`,
        );
      },
    });
  }
}

@Module({
  imports: [ServiceModule.forRoot({ name: 'asking' })],
  controllers: [AskingController],
  providers: [Listener],
})
class AskingModule {}

describe.skipIf(missingBackEnd)(`requests while a back end is away (${missingBackEnd ?? 'on real servers'})`, () => {
  let data: Awaited<ReturnType<typeof makeDataDirectory>>;
  let backEnds: RealBackEnds;
  let running: RunningProcess;

  beforeAll(async () => {
    data = await makeDataDirectory();
    backEnds = await RealBackEnds.start();
    const settings = readSettings({
      SEDGE_HOME: data.path,
      SEDGE_PORT: '0',
      ...backEnds.settings,
    });
    running = await startProcess({ modules: [AskingModule], settings, log: () => undefined });
  });
  afterAll(async () => {
    await running?.close();
    await backEnds?.stop();
    await data?.remove();
  });

  const ask = async (path: string): Promise<{ status: number; body: unknown; again: string | null }> => {
    const answer = await fetch(`${running.url}${path}`);
    return { status: answer.status, body: await answer.json(), again: answer.headers.get('retry-after') };
  };
  const transactions = (): Transactions => running.app.get(Transactions, { strict: false });
  const answers = async (path: string): Promise<void> => {
    await expect.poll(async () => (await ask(path)).status, { timeout: 20_000 }).toBe(200);
  };
  /** What readiness says of it too. */
  const lost = (code: string, backEnd: string): object => ({
    status: 503,
    again: '2',
    body: {
      code,
      message: expect.stringMatching(`^${backEnd}: .`) as string,
      mend: expect.stringContaining('wait until') as string,
    },
  });

  it('are told that the database is away, by whatever its loss is noticed, and go on once it is there', async () => {
    const paths = ['/v1/ask/statement', '/v1/ask/transaction'];
    for (const path of paths) await answers(path);
    const underWay = [
      transactions().query('SELECT pg_sleep(60)'),
      transactions().run(async (transaction) => transaction.query('SELECT pg_sleep(60)')),
      transactions().run(async (transaction) => {
        await transaction.query('SELECT pg_sleep(0.1)');
        await backEnds.postgres.process.kill();
        return transaction.query('SELECT 1');
      }),
    ];
    for (const outcome of await Promise.allSettled(underWay)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(LostBackEndError) as Error });
    }
    for (const path of paths) {
      expect(await ask(path), path).toMatchObject(lost('DATABASE_UNREACHABLE', 'database'));
    }
    expect((await ask('/v1/ask/blob')).status).toBe(200);
    await backEnds.postgres.process.start();
    for (const path of paths) await answers(path);
  });

  it('are told that the database ended their connection', async () => {
    const session = transactions().run(async (transaction) => {
      const [row] = await transaction.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const ending = transactions().query('SELECT pg_terminate_backend($1)', [row!.pid]);
      await Promise.all([transaction.query('SELECT pg_sleep(60)'), ending]);
    });
    await expect(session).rejects.toMatchObject({
      backEnd: 'database',
      message: expect.stringMatching(/^database: .*terminat/) as string,
    });
  });

  it('are told that the database ended a transaction that stood still', async () => {
    const standStill = 'SET LOCAL idle_in_transaction_session_timeout = 50';
    const stopped = transactions().run(async (transaction) => {
      await transaction.query(standStill);
      // As a process that is stopped: it hears of nothing until it goes on.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
      await transaction.query('SELECT 1');
    });
    const waiting = transactions().run(async (transaction) => {
      await transaction.query(standStill);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await transaction.query('SELECT 1');
    });
    for (const outcome of await Promise.allSettled([stopped, waiting])) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(LostBackEndError) as Error });
    }
  });

  it('are told that something is wrong with Sedge where the database is not why', async () => {
    expect(await ask('/v1/ask/mistake')).toMatchObject({ status: 500, body: { code: 'INTERNAL_ERROR' } });
  });

  it('find an event handled, though the database had no room for a while', async () => {
    const artifact = digestOfBytes('');
    const stored = { artifact, kind: 'note', kindVersion: 1, sizeBytes: 0, derivedFrom: [] };
    await transactions().run(async (transaction) => transaction.publish('sedge.artifact.stored.v1', artifact, stored));
    const { deliveries } = running.app.get(Listener, { strict: false });
    await expect.poll(() => deliveries.length, { timeout: 20_000 }).toBe(Listener.fullTimes + 1);
    expect(deliveries, 'none of them counts').toEqual(deliveries.map(() => 1));
    expect((await ask('/v1/dead-letters')).body).toMatchObject({ letters: [] });
  });

  it('are told that the store is away, and go on once it is there', async () => {
    await answers('/v1/ask/blob');
    await backEnds.s3.process.kill();
    expect(await ask('/v1/ask/blob')).toMatchObject(lost('STORE_UNAVAILABLE', 'artifacts'));
    await backEnds.s3.process.start();
    await answers('/v1/ask/blob');
  });

  it('are told that the broker is away, and go on once it is there', async () => {
    await answers('/v1/dead-letters');
    await backEnds.nats.process.kill();
    expect(await ask('/v1/dead-letters')).toMatchObject(lost('BROKER_UNREACHABLE', 'events'));
    await backEnds.nats.process.start();
    await answers('/v1/dead-letters');
  });
});
