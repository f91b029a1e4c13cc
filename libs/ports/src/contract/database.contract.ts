import { DataSource, type DataSourceOptions } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../database.port.js';

/** What every `Database` must do, with one connection or with many. @param open gives a database that holds nothing yet */
export function describeDatabase(name: string, open: () => Promise<Database>): void {
  describe(`${name} as a Database`, () => {
    let database: Database;
    const sources: DataSource[] = [];

    const sourceFor = async (schema: string): Promise<DataSource> => {
      const options: DataSourceOptions = database.optionsFor({ name: schema, entities: [], migrations: [] });
      const source = await new DataSource(options).initialize();
      sources.push(source);
      return source;
    };

    beforeAll(async () => {
      database = await open();
      const source = await sourceFor('contract_one');
      await source.query('CREATE SCHEMA contract_one');
      await source.query('CREATE SCHEMA contract_two');
    });

    afterAll(async () => {
      for (const source of sources) await source.destroy();
      await database.close();
    });

    it('resolves unqualified names in the schema of the service', async () => {
      const [one, two] = [await sourceFor('contract_one'), await sourceFor('contract_two')];
      await one.query('CREATE TABLE place (name text)');
      await two.query('CREATE TABLE place (name text)');
      await Promise.all([
        one.query('INSERT INTO place VALUES ($1)', ['one']),
        two.query('INSERT INTO place VALUES ($1)', ['two']),
      ]);
      expect(await one.query('SELECT name FROM place')).toEqual([{ name: 'one' }]);
      expect(await two.query('SELECT name FROM place')).toEqual([{ name: 'two' }]);
    });

    it('keeps transactions of several data sources apart', async () => {
      const [one, two] = [await sourceFor('contract_one'), await sourceFor('contract_two')];
      await one.query('CREATE TABLE apart (n int)');
      await two.query('CREATE TABLE apart (n int)');
      const works = Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? one : two)
          .transaction(async (manager) => {
            await manager.query('INSERT INTO apart VALUES ($1)', [n]);
            await new Promise((resolve) => setImmediate(resolve));
            await manager.query('INSERT INTO apart VALUES ($1)', [n + 100]);
            if (n % 4 < 2) throw new Error('rolled back on purpose');
          })
          .catch((error: Error) => error.message),
      );
      await Promise.all(works);
      const rows = [...(await one.query('SELECT n FROM apart')), ...(await two.query('SELECT n FROM apart'))] as {
        n: number;
      }[];
      const kept = Array.from({ length: 20 }, (_, n) => n).filter((n) => n % 4 >= 2);
      expect(rows.map(({ n }) => n).sort((a, b) => a - b)).toEqual([...kept, ...kept.map((n) => n + 100)]);
    });

    it('goes on after a failed statement inside a transaction', async () => {
      const source = await sourceFor('contract_one');
      const attempt = source.transaction((manager) => manager.query('SELECT * FROM absent'));
      await expect(attempt).rejects.toMatchObject({ code: '42P01' });
      expect(await source.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    });

    it('gives the values that a PostgreSQL client gives', async () => {
      const source = await sourceFor('contract_one');
      const [row] = (await source.query(
        `SELECT $1::int8 AS big, $2::jsonb AS json, $3::bytea AS bytes, $4::timestamptz AS time, $5::text[] AS list, NULL AS nothing`,
        ['9007199254740993', JSON.stringify({ a: [1, null] }), Buffer.from([0, 255]), new Date(0), ['a', 'b"c']],
      )) as [Record<string, unknown>];
      expect(row).toEqual({
        big: '9007199254740993',
        json: { a: [1, null] },
        bytes: Buffer.from([0, 255]),
        time: new Date(0),
        list: ['a', 'b"c'],
        nothing: null,
      });
    });

    it('reports a violated unique constraint by its SQLSTATE', async () => {
      const source = await sourceFor('contract_one');
      await source.query('CREATE TABLE once (id text PRIMARY KEY)');
      await source.query(`INSERT INTO once VALUES ('a')`);
      await expect(source.query(`INSERT INTO once VALUES ('a')`)).rejects.toMatchObject({ code: '23505' });
    });

    it('lets one at a time do what is exclusive to a schema, and others meanwhile', async () => {
      const log: string[] = [];
      const work = (schema: string) => (): Promise<void> =>
        sourceFor('contract_one').then(async (source) => {
          log.push(`${schema} begins`);
          await source.query('SELECT 1');
          await new Promise((resolve) => setTimeout(resolve, 30));
          log.push(`${schema} ends`);
        });
      const works = ['a', 'b', 'a', 'a'].map((schema) => database.exclusively(schema, work(schema)));
      const failing = database.exclusively('a', () => Promise.reject(new Error('on purpose')));
      await expect(failing).rejects.toThrow('on purpose');
      await Promise.all(works);
      const ofA = log.filter((line) => line.startsWith('a'));
      expect(ofA).toEqual(Array.from({ length: 3 }, () => ['a begins', 'a ends']).flat());
      expect(log).toContain('b ends');
    });

    it('answers', async () => {
      await database.ping();
    });

    it('takes values of a megabyte', async () => {
      const source = await sourceFor('contract_one');
      const text = 'x'.repeat(1 << 20);
      const [row] = (await source.query('SELECT $1::text AS text', [text])) as [{ text: string }];
      expect(row.text).toBe(text);
    });
  });
}
