import { PostgresServer, freePort, missingServer } from '@sedge/local-servers';
import { describeDatabase } from '@sedge/ports/contract';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PostgresDatabase, provisionServices, urlFor } from '../src/index.js';
import { VanishingWire } from './vanishing-wire.js';

const missing = missingServer('postgres');
let server: PostgresServer;

beforeAll(async () => {
  if (missing === null) server = await PostgresServer.start({ fsync: false });
});
afterAll(() => server?.stop());

const openAt = (url: string, patienceMs = 10_000): Promise<PostgresDatabase> =>
  PostgresDatabase.open({ url, poolSize: 4, applicationName: 'test', patienceMs });

describe.skipIf(missing)(`on PostgreSQL (${missing ?? 'there'})`, () => {
  describeDatabase('PostgreSQL', () => openAt(server.url));

  describe('accounts of services', () => {
    const one = { schema: 'service_one', user: 'sedge_one', password: `it's one` };
    const two = { schema: 'service_two', user: 'sedge_two', password: 'two' };
    const sources: DataSource[] = [];

    const sourceOf = async (account: typeof one): Promise<DataSource> => {
      const database = await openAt(urlFor(server.url, account));
      const options = database.optionsFor({ name: account.schema, entities: [], migrations: [] });
      const source = await new DataSource(options).initialize();
      sources.push(source);
      return source;
    };

    beforeAll(async () => {
      await provisionServices(server.url, [one, two]);
      await provisionServices(server.url, [one, two]);
    });
    afterAll(async () => {
      for (const source of sources) await source.destroy();
    });

    it('may do all in their own schema and nothing in that of another', async () => {
      const [ours, theirs] = [await sourceOf(one), await sourceOf(two)];
      await ours.query('CREATE TABLE secret (n int)');
      await ours.query('INSERT INTO secret VALUES (1)');
      const denied = { code: '42501' };
      await expect(theirs.query('SELECT * FROM service_one.secret')).rejects.toMatchObject(denied);
      await expect(theirs.query('CREATE TABLE service_one.other (n int)')).rejects.toMatchObject(denied);
      await expect(theirs.query('CREATE TABLE public.other (n int)')).rejects.toMatchObject(denied);
      await expect(theirs.query('CREATE SCHEMA further')).rejects.toMatchObject(denied);
      await expect(theirs.query('CREATE ROLE further')).rejects.toMatchObject(denied);
    });
  });

  describe('a session', () => {
    const account = { schema: 'of_sessions', user: 'sedge_sessions', password: 'plain' };
    const opened: DataSource[] = [];
    const sourceAt = async (options: string | null): Promise<DataSource> => {
      const url = new URL(urlFor(server.url, account));
      if (options !== null) url.searchParams.set('options', options);
      const database = await openAt(url.toString());
      const source = new DataSource(database.optionsFor({ name: account.schema, entities: [], migrations: [] }));
      opened.push(await source.initialize());
      return source;
    };
    const settingOf = async (source: DataSource, name: string): Promise<string> => {
      const [row] = (await source.query(`SELECT current_setting($1) AS value`, [name])) as { value: string }[];
      return row!.value;
    };

    beforeAll(() => provisionServices(server.url, [account]));
    afterAll(async () => {
      for (const source of opened) await source.destroy();
    });

    it('is known to the server to be gone, where its process stands still or has vanished', async () => {
      const source = await sourceAt(null);
      expect(await settingOf(source, 'idle_in_transaction_session_timeout')).toBe('20s');
      expect(await settingOf(source, 'tcp_keepalives_idle')).toBe('10');
      expect(await settingOf(source, 'tcp_keepalives_interval')).toBe('5');
      expect(await settingOf(source, 'tcp_keepalives_count')).toBe('3');
    });

    it('has the settings that its address names, too, and those before ours', async () => {
      const source = await sourceAt('-c statement_timeout=123s -c tcp_keepalives_idle=77 -c search_path=elsewhere');
      expect(await settingOf(source, 'statement_timeout')).toBe('123s');
      expect(await settingOf(source, 'tcp_keepalives_idle')).toBe('77');
      expect(await settingOf(source, 'tcp_keepalives_count')).toBe('3');
      expect(await settingOf(source, 'search_path')).toBe(`"${account.schema}"`);
    });

    it('whose process stands still in a transaction keeps no other waiting for its locks', async () => {
      const source = await sourceAt('-c idle_in_transaction_session_timeout=200');
      await source.query('CREATE TABLE inbox (id int PRIMARY KEY)');
      const still = source.createQueryRunner();
      await still.startTransaction();
      await still.query('INSERT INTO inbox VALUES (1)');
      // Waits for the other one's end, as a handler of the same event does.
      await source.query('INSERT INTO inbox VALUES (1)');
      await expect(still.query('SELECT 1')).rejects.toThrow();
    });
  });

  it('goes on with new connections when the server was killed', async () => {
    const database = await openAt(server.url);
    const source = await new DataSource(
      database.optionsFor({ name: 'public', entities: [], migrations: [] }),
    ).initialize();
    await source.query('SELECT 1');
    await server.process.kill();
    await expect(source.query('SELECT 1')).rejects.toThrow();
    await server.process.start();
    await expect.poll(() => source.query('SELECT 1 AS one').catch(() => null)).toEqual([{ one: 1 }]);
    await source.destroy();
  });

  it('goes on when a connection breaks in the moment in which it has no owner', async () => {
    const database = await openAt(server.url);
    const source = await new DataSource(
      database.optionsFor({ name: 'public', entities: [], migrations: [] }),
    ).initialize();
    const pool = (source.driver as unknown as { master: pg.Pool }).master;
    await new Promise<void>((resolve, reject) => {
      pool.connect((error, client, release) => {
        if (error) return reject(error);
        // The pool has let go of it, and nobody else has taken it yet.
        expect(() => client!.emit('error', new Error('terminating connection'))).not.toThrow();
        release(true);
        resolve();
      });
    });
    expect(await source.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await source.destroy();
  });

  describe('a statement that the server says nothing of', () => {
    let wire: VanishingWire;
    let source: DataSource;
    beforeAll(async () => {
      wire = await VanishingWire.before(Number(new URL(server.url).port));
      const url = new URL(server.url);
      url.port = String(wire.port);
      const more = { poolSize: 1, applicationName: 'test', patienceMs: 10_000, doubtAfterMs: 200 };
      const database = await PostgresDatabase.open({ url: url.toString(), ...more });
      source = await new DataSource(database.optionsFor({ name: 'public', entities: [], migrations: [] })).initialize();
    });
    afterAll(async () => {
      await source?.destroy();
      wire?.close();
    });

    it('goes on where the server works on it', async () => {
      expect(await source.query('SELECT 1 AS one FROM pg_sleep(3)')).toEqual([{ one: 1 }]);
    });

    it('fails where the server knows nothing of it, since its host had vanished', async () => {
      await source.query('SELECT 1');
      wire.vanish();
      await expect(source.query('SELECT 1')).rejects.toMatchObject({ code: 'ETIMEDOUT' });
      expect(await source.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    });
  });

  it('says what can not be used, without its password', async () => {
    const wrong = new URL(server.url);
    wrong.password = 'wrong-secret';
    const refused = await openAt(wrong.toString()).catch((error: Error) => error);
    expect(refused).toMatchObject({
      code: 'DATABASE_UNREACHABLE',
      mend: expect.stringContaining('SEDGE_DATABASE_URL'),
    });
    expect(String(refused)).not.toContain('wrong-secret');
    const nobody = `postgres://sedge:secret@127.0.0.1:${await freePort()}/postgres`;
    await expect(openAt(nobody, 300)).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
  });
});
