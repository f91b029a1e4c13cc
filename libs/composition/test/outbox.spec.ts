import { digestOfBytes } from '@sedge/artifact-contracts';
import { MAX_EVENT_BYTES, createCloudEvent, type EventMap } from '@sedge/event-contracts';
import { EventTooLargeError } from '@sedge/ports';
import { Logger } from '@nestjs/common';
import { Transactions } from '@sedge/service-kit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeDataDirectory, start, type Started } from './stage-harness.js';

const TYPE = 'sedge.job.requested.v1';
const job = digestOfBytes('a job');
const data: EventMap[typeof TYPE] = {
  job,
  tool: { name: 'write-note', version: '1', stage: 'sample', digest: digestOfBytes('a tool') },
  parameters: { text: 'x'.repeat(MAX_EVENT_BYTES) },
  inputs: {},
  machine: {},
  run: 'run-1',
  again: false,
};

describe('an event that no broker would take', () => {
  let folder: Awaited<ReturnType<typeof makeDataDirectory>>;
  let started: Started;
  const transactions = (): Transactions => started.client.transactions;
  const rows = async (): Promise<number> => {
    const [row] = await transactions().query<{ count: number }>('SELECT count(*)::int AS count FROM outbox');
    return row!.count;
  };

  beforeAll(async () => {
    folder = await makeDataDirectory();
    started = await start(folder.path);
  });
  afterAll(async () => {
    await started.process.close();
    await folder.remove();
  });

  it('is refused with the transaction that publishes it', async () => {
    const publishing = transactions().run(async (transaction) => {
      await transaction.query('CREATE TABLE sign (id int)');
      transaction.publish(TYPE, job, data);
    });
    await expect(publishing).rejects.toThrow(EventTooLargeError);
    await expect(publishing).rejects.toThrow(/sedge\.job\.requested\.v1 has \d+ bytes/);
    await expect(transactions().query('SELECT * FROM sign')).rejects.toThrow(/sign/);
    expect(await rows()).toBe(0);
  });

  it('is tried once by a process where an earlier version wrote it, and holds no other up', async () => {
    const event = createCloudEvent({ type: TYPE, source: '/services/workflow', subject: job, data, time: new Date() });
    const words = [
      'INSERT INTO outbox (subject, event) VALUES ($1, $2)',
      ['sedge.job.requested.sample.write-note', JSON.stringify(event)],
    ] as const;
    await transactions().query(words[0], [...words[1]]);
    const said = vi.spyOn(Logger.prototype, 'error');
    const warned = vi.spyOn(Logger.prototype, 'warn');
    await started.process.close();
    started = await start(folder.path);
    const asked = await started.client.ask({ tool: 'write-note' });
    await started.client.hear('sedge.job.succeeded.v1', asked);
    const count = (calls: unknown[][], words: string): number =>
      calls.filter((call) => JSON.stringify(call).includes(words)).length;
    expect(count(said.mock.calls, 'can never be published')).toBe(1);
    expect(count(warned.mock.calls, 'not published yet')).toBe(0);
    await expect.poll(rows, { timeout: 10_000 }).toBe(1);
  });
});
