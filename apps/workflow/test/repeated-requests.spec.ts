import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness } from './harness.js';

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
