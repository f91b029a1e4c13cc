import { digestOfBytes } from '@sedge/artifact-contracts';
import { PostgresServer, missingServer } from '@sedge/local-servers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDataDirectory, start, type Started } from './stage-harness.js';

const missing = missingServer('postgres');
let postgres: PostgresServer;

beforeAll(async () => {
  if (missing === null) postgres = await PostgresServer.start({ fsync: false });
});
afterAll(() => postgres?.stop());

const databases: [name: string, settings: () => Record<string, string>, missing: string | null][] = [
  ['the embedded database', () => ({}), null],
  ['PostgreSQL', () => ({ SEDGE_STATE: 'postgres', SEDGE_DATABASE_URL: postgres.url }), missing],
];

describe.each(databases)('words that %s does not keep', (_name, settings, unavailable) => {
  let data: Awaited<ReturnType<typeof makeDataDirectory>>;
  let stage: Started;

  beforeAll(async () => {
    if (unavailable !== null) return;
    data = await makeDataDirectory();
    stage = await start(data.path, settings());
  });
  afterAll(async () => {
    await stage?.process.close();
    await data?.remove();
  });

  it.skipIf(unavailable)('end a job with the reason that the tool gave, after one attempt', async () => {
    const job = await stage.client.ask({ tool: 'write-note', parameters: { fail: 'bytes' } });
    const { data: failure } = await stage.client.hear('sedge.job.failed.v1', job);
    const reason = { class: 'permanent', code: 'NOTE_REFUSED', message: "can't read caf\uFFFD\uFFFD.wav" };
    expect(failure).toMatchObject({ attempt: 1, ...reason });
    const { body } = await stage.get(`/v1/jobs/${job}`);
    expect(body).toMatchObject({ state: 'failed', failure: reason, attempts: [{ failure: reason }] });
    expect((await stage.get(`/v1/jobs/${job}/logs`)).body).toContain(reason.message);
  });

  it.skipIf(unavailable)('are refused in the metadata of an output', async () => {
    const job = await stage.client.ask({ tool: 'write-note', parameters: { fail: 'metadata' } });
    const { data: failure } = await stage.client.hear('sedge.job.failed.v1', job);
    expect(failure).toMatchObject({ attempt: 1, code: 'TOOL_OUTPUT_INVALID' });
    expect(failure.message).toMatch(/'note': metadata: name: the text holds a NUL character/);
  });

  it.skipIf(unavailable)('are refused in what a worker outside says', async () => {
    const job = digestOfBytes('some job');
    const said = { attempt: 1, token: 'none', class: 'permanent', code: 'NOTE_REFUSED', message: 'caf\udce9.wav' };
    const answer = await stage.post(`/v1/jobs/${job}/fail`, said);
    expect(answer).toMatchObject({ status: 400, body: { code: 'HTTP_REQUEST_INVALID' } });
    expect((answer.body as { message: string }).message).toContain('message holds half a character');
  });
});
