import { digestOfBytes } from '@sedge/artifact-contracts';
import { PostgresServer, missingServer } from '@sedge/local-servers';
import type { Transaction, Transactions } from '@sedge/service-kit';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ArtifactRepository } from '../src/state/artifact.repository.js';
import { ArtifactTables1764000000100 } from '../src/state/migrations/artifact-tables.migration.js';
import { RemovedArtifacts1764250000000 } from '../src/state/migrations/removed-artifacts.migration.js';

const missing = missingServer('postgres');

/** A process with a connection of its own, whose statements may be a transaction. */
class OneProcess {
  readonly repository: ArtifactRepository;

  constructor(readonly client: pg.Client) {
    this.repository = new ArtifactRepository({ query: this.query.bind(this) } as unknown as Transactions);
  }

  async query(sql: string, parameters: unknown[] = []): Promise<unknown[]> {
    return (await this.client.query(sql, parameters)).rows;
  }
}

describe.skipIf(missing)(`artifacts that two processes hold and remove (${missing ?? 'PostgreSQL is there'})`, () => {
  let server: PostgresServer;
  const processes: OneProcess[] = [];
  const ids = Array.from({ length: 2 }, (_, number) => digestOfBytes(`artifact ${number}`));
  const hourAgo = (): Date => new Date(Date.now() - 3_600_000);

  beforeAll(async () => {
    server = await PostgresServer.start({ fsync: false });
    for (let number = 0; number < 3; number++) {
      const client = new pg.Client(server.url);
      await client.connect();
      processes.push(new OneProcess(client));
    }
    const runner = { query: (sql: string) => processes[0]!.query(sql) } as never;
    await new ArtifactTables1764000000100().up(runner);
    await new RemovedArtifacts1764250000000().up(runner);
  });
  afterAll(async () => {
    for (const { client } of processes) await client.end();
    await server?.stop();
  });
  beforeEach(async () => {
    const [one] = processes as [OneProcess];
    await one.query('TRUNCATE artifact, removed_artifact CASCADE');
    for (const artifact of ids) {
      const data = { artifact, kind: 'source', kindVersion: 1, sizeBytes: 1, derivedFrom: [] };
      await one.repository.add({ query: one.query.bind(one) } as unknown as Transaction, data);
    }
    await one.query(`UPDATE artifact SET used_at = now() - interval '2 hours'`);
  });

  /** Begins `first` in a transaction, then `second` in another process, which has to wait for the end of the first. */
  async function overlapping<Result>(
    first: (repository: ArtifactRepository) => Promise<unknown>,
    second: (repository: ArtifactRepository) => Promise<Result>,
  ): Promise<Result> {
    const [one, two, watcher] = processes as [OneProcess, OneProcess, OneProcess];
    await one.query('BEGIN');
    await first(one.repository);
    const result = second(two.repository);
    await expect
      .poll(() => watcher.query(`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'`))
      .toHaveLength(1);
    await one.query('COMMIT');
    return result;
  }

  it('stay where they were held first', async () => {
    const removed = await overlapping(
      (repository) => repository.touch([ids[0]!]),
      (repository) => repository.remove(ids, hourAgo()),
    );
    expect(removed).toEqual([ids[1]]);
    expect([...(await processes[0]!.repository.removals(null)).keys()]).toEqual([ids[1]]);
  });

  it('are known to be gone where they were removed first', async () => {
    const held = await overlapping(
      (repository) => repository.remove([ids[0]!], hourAgo()),
      (repository) => repository.touch(ids),
    );
    expect([...held]).toEqual([ids[1]]);
  });
});
