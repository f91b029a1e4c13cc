import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunView } from '../src/domain/run-view.js';
import { Harness, itemNamed } from './harness.js';

let harness: Harness;
let uploads: string[];
beforeAll(async () => {
  harness = await Harness.start();
  uploads = await Promise.all([1, 2, 3].map((value) => harness.upload({ value })));
});
afterAll(() => harness.end());

describe('completing an upload once more', () => {
  const complete = (upload: string): Promise<{ status: number; body: { id?: string; code?: string } }> =>
    harness.post(`/v1/uploads/${upload}/complete`);

  it('gives the same artifact, one after the other or at once, and tells of it once', async () => {
    const stored: string[] = [];
    const note = async ({ subject }: { subject: string }): Promise<void> => void stored.push(subject);
    await harness.bus.subscribe({ consumer: 'note', subjects: ['sedge.artifact.stored.>'], concurrency: 1 }, note);
    const first = await complete(uploads[0]!);
    expect(first.status).toBe(201);
    expect(await complete(uploads[0]!)).toEqual(first);
    const answers = await Promise.all(Array.from({ length: 8 }, () => complete(uploads[1]!)));
    for (const answer of answers) expect(answer).toEqual({ status: 201, body: { id: answers[0]!.body.id } });
    const last = await complete(uploads[2]!);
    await expect.poll(() => stored.at(-1)).toBe(last.body.id);
    expect(stored).toEqual([first.body.id, answers[0]!.body.id, last.body.id]);
  });

  it('gives the same artifact after a restart of the service', async () => {
    const upload = await harness.upload({ value: 4 });
    const first = await complete(upload);
    harness = await harness.restart();
    expect(await complete(upload)).toEqual(first);
  });

  it('is refused once the artifact is gone, as it is for what was given up or never was', async () => {
    const upload = await harness.upload({ value: 5 });
    const { body } = await complete(upload);
    expect((await harness.delete(`/v1/artifacts/${body.id}`)).status).toBe(204);
    const given = await harness.upload({ value: 6 });
    expect((await harness.delete(`/v1/uploads/${given}`)).status).toBe(204);
    for (const gone of [upload, given, '00000000-0000-4000-8000-000000000000', 'none']) {
      const answer = await complete(gone);
      expect([answer.status, answer.body.code], gone).toEqual([404, 'UPLOAD_UNKNOWN']);
    }
  });

  it('gives nothing but that: its files and how far they are are gone', async () => {
    const upload = await harness.upload({ value: 7 });
    await complete(upload);
    expect((await harness.get(`/v1/uploads/${upload}`)).status).toBe(404);
    expect((await harness.delete(`/v1/uploads/${upload}`)).status).toBe(404);
  });
});

describe('retrying or cancelling a run once more', () => {
  type Told = RunView & { code?: string };
  const tell = (run: string, verb: 'retry' | 'cancel', key: string): Promise<{ status: number; body: Told }> =>
    harness.post<Told>(`/v1/runs/${run}/${verb}`, {}, { 'idempotency-key': key });
  const failing = (name: string): string =>
    `name: ${name}\nsteps: { bad: { tool: measure, with: { note: ${name}, failUnless: ${join(harness.folder, name)} } } }\n`;
  const attemptsOf = async (run: string): Promise<number> => {
    const { job } = itemNamed(await harness.show(run), 'bad');
    return (await harness.get<{ attempts: unknown[] }>(`/v1/jobs/${job}`)).body.attempts.length;
  };

  it('by the same key does nothing more, also after a restart; another key does', async () => {
    const { id } = await harness.run(failing('retried'));
    expect((await tell(id, 'retry', 'r1')).status).toBe(200);
    await harness.ended(id);
    for (const restarts of [false, true]) {
      if (restarts) harness = await harness.restart();
      expect(await tell(id, 'retry', 'r1')).toMatchObject({ status: 200, body: { id, state: 'failed' } });
      expect(await attemptsOf(id)).toBe(2);
    }
    await tell(id, 'retry', 'r2');
    await harness.ended(id);
    expect(await attemptsOf(id)).toBe(3);
  });

  it('several times at once by the same key is done once', async () => {
    const { id } = await harness.run(failing('at-once'));
    const answers = await Promise.all(Array.from({ length: 8 }, () => tell(id, 'retry', 'a1')));
    expect(answers.map(({ status, body }) => [status, body.id])).toEqual(answers.map(() => [200, id]));
    await harness.ended(id);
    expect(await attemptsOf(id)).toBe(2);
  });

  it('by the same key ends no run that was retried meanwhile', async () => {
    const gate = join(harness.folder, 'cancelled-gate');
    const text = `name: ends\nsteps: { slow: { tool: measure, with: { note: ends, waitFor: ${gate} } } }\n`;
    const run = await harness.start(text);
    await harness.item(run, 'slow', ({ state }) => state === 'running');
    expect((await tell(run, 'cancel', 'c1')).body.state).toBe('cancelled');
    await tell(run, 'retry', 'c2');
    expect(await tell(run, 'cancel', 'c1')).toMatchObject({ status: 200, body: { state: 'running' } });
    harness = await harness.restart();
    expect((await tell(run, 'cancel', 'c1')).body.state).toBe('running');
    expect((await tell(run, 'cancel', 'c3')).body.state).toBe('cancelled');
    // What had ended before is not ended by the same request after it was retried.
    expect((await tell(run, 'cancel', 'c4')).body.state).toBe('cancelled');
    await tell(run, 'retry', 'c5');
    expect((await tell(run, 'cancel', 'c4')).body.state).toBe('running');
    writeFileSync(gate, '');
    expect((await harness.ended(run)).state).toBe('succeeded');
  });

  it('by the key of another request is refused, whatever that was', async () => {
    const body = { workflow: failing('taken') };
    const begun = await harness.post<RunView>('/v1/runs', body, { 'idempotency-key': 'k1' });
    const { id } = await harness.ended(begun.body.id);
    const other = await harness.run(failing('taken-too'));
    await tell(id, 'retry', 'k2');
    await harness.ended(id);
    const refusals = [
      await tell(id, 'retry', 'k1'),
      await tell(id, 'cancel', 'k2'),
      await tell(other.id, 'retry', 'k2'),
      await harness.post<Told>('/v1/runs', body, { 'idempotency-key': 'k2' }),
    ];
    for (const { status, body } of refusals)
      expect([status, body.code]).toEqual([409, 'WORKFLOW_IDEMPOTENCY_CONFLICT']);
    expect(await attemptsOf(other.id)).toBe(1);
  });

  it('that was refused is answered by how things stand then: its key is free', async () => {
    const gate = join(harness.folder, 'refused-gate');
    const text = failing('refused').replace('note: refused', `note: refused, waitFor: ${gate}`);
    const run = await harness.start(text);
    expect(await tell(run, 'retry', 'f1')).toMatchObject({ status: 409, body: { code: 'WORKFLOW_RUN_ACTIVE' } });
    writeFileSync(gate, '');
    await harness.ended(run);
    expect((await tell(run, 'retry', 'f1')).status).toBe(200);
    await harness.ended(run);
    expect(await attemptsOf(run)).toBe(2);
    expect((await tell('none', 'retry', 'f2')).status).toBe(404);
  });
});
