import type { CloudEvent, EventMap } from '@sedge/event-contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDataDirectory, start, type Started } from './stage-harness.js';

describe('a stage', () => {
  let data: Awaited<ReturnType<typeof makeDataDirectory>>;
  let stage: Started;

  beforeAll(async () => {
    data = await makeDataDirectory();
    stage = await start(data.path);
  });

  afterAll(async () => {
    await stage.process.close();
    await data.remove();
  });

  it('does a job and says so, with its artifact', async () => {
    const job = await stage.client.ask({ tool: 'write-note', parameters: { text: 'hello' } });
    const { data: result } = await stage.client.hear('sedge.job.succeeded.v1', job);
    expect(result).toMatchObject({ job, attempt: 1, tool: { name: 'write-note' } });
    const stored = await stage.client.hear('sedge.artifact.stored.v1', result.outputs['note']!);
    expect(stored.data).toMatchObject({ kind: 'note', producedBy: { job, output: 'note' } });
    const { body } = await stage.get(`/v1/jobs/${job}`);
    expect(body).toMatchObject({ state: 'succeeded', attempts: [{ number: 1, outcome: 'succeeded' }] });
    const logs = await stage.get(`/v1/jobs/${job}/logs`);
    expect(logs.body).toContain('writing hello');
  });

  it('does at once what needs no core, while other jobs have all of them and more wait', async () => {
    const long = { waitMs: 60_000 };
    const busy = await stage.client.ask({ tool: 'fill-machine', parameters: { ...long, text: 'one' } });
    await stage.client.hear('sedge.job.started.v1', busy);
    const waiting = await stage.client.ask({ tool: 'fill-machine', parameters: { ...long, text: 'two' } });
    const idle = await stage.client.ask({ tool: 'fetch-note', parameters: { text: 'three' } });
    await stage.client.hear('sedge.job.succeeded.v1', idle);
    expect(stage.client.count('sedge.job.started.v1', waiting)).toBe(0);
    for (const job of [busy, waiting]) await stage.client.leave(job, 'fill-machine');
    await stage.client.hear('sedge.job.cancelled.v1', busy);
  });

  it('answers a request that comes once more by what became of the job since, and a new one by a new attempt', async () => {
    const wish = { tool: 'write-note', parameters: { text: 'once more', fail: 'tool' } };
    const firstAskedMs = Date.now();
    const job = await stage.client.ask({ ...wish, afterAttempt: 0 });
    const heard = (number: number): Promise<CloudEvent<EventMap['sedge.job.failed.v1']>> =>
      stage.client.hear('sedge.job.failed.v1', job, number);
    await heard(0);
    await stage.client.ask({ ...wish, afterAttempt: 0, firstAskedMs });
    expect((await heard(1)).data).toMatchObject({ attempt: 1, class: 'permanent', code: 'NOTE_REFUSED' });
    // The first one itself, which its repetition has overtaken.
    await stage.client.ask({ ...wish, afterAttempt: 0, atMs: firstAskedMs });
    expect((await heard(2)).data.attempt).toBe(1);
    // Asked for by somebody who never heard of that attempt, and who came after it.
    await stage.client.ask({ ...wish, afterAttempt: 0 });
    expect((await heard(3)).data.attempt).toBe(2);
    // Tried again by somebody who knows of it, and whose clock is late.
    await stage.client.ask({ ...wish, afterAttempt: 2, atMs: Date.now() - 60_000 });
    expect((await heard(4)).data.attempt).toBe(3);
    await stage.client.ask(wish);
    expect((await heard(5)).data.attempt).toBe(4);
  });

  it('tries again where the disk is full', async () => {
    const job = await stage.client.ask({ tool: 'write-note', parameters: { text: 'large', fail: 'full' } });
    const { data } = await stage.client.hear('sedge.job.started.v1', job, 1);
    expect(data.attempt).toBe(2);
    const { body } = await stage.get(`/v1/jobs/${job}`);
    expect(body).toMatchObject({ attempts: [{ failure: { class: 'transient', code: 'MACHINE_ENOSPC' } }, {}] });
    await stage.client.leave(job, 'write-note');
  });

  it('does a job again that is asked for while its folder is still being removed', async () => {
    const parameters = { text: 'again', litter: 2000 };
    const job = await stage.client.ask({ tool: 'write-note', parameters });
    await stage.client.hear('sedge.job.succeeded.v1', job);
    for (let round = 1; round <= 3; round++) {
      await stage.client.ask({ tool: 'write-note', parameters, again: true });
      await stage.client.hear('sedge.job.succeeded.v1', job, round);
    }
    expect(stage.client.count('sedge.job.failed.v1', job)).toBe(0);
    const { body } = await stage.get(`/v1/jobs/${job}`);
    expect((body as { attempts: unknown[] }).attempts).toHaveLength(4);
  });
});
