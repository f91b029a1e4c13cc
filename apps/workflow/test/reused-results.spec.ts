import { filesOf, parseManifest, type Digest } from '@sedge/artifact-contracts';
import { Transactions } from '@sedge/service-kit';
import { readFileSync, writeFileSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ArtifactRepository } from '../src/state/artifact.repository.js';
import { LostArtifacts } from '../src/state/lost-artifacts.service.js';
import { ResultReader } from '../src/state/result-reader.service.js';
import { RunGarbageRoots } from '../src/state/run-garbage-roots.service.js';
import { Harness, itemNamed, statesOf } from './harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
});
afterAll(() => harness.end());

const query = <Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> =>
  harness.service(Transactions).query<Row>(sql, parameters);

describe('an earlier result that no run names any more', () => {
  let runs = 0;
  let workflow: string;
  let result: Digest;
  let blobs: Digest[];

  /** Calls back when the next run looks at the bytes of the result. */
  function whenVerified(work: () => Promise<unknown>): void {
    const faultOf = ResultReader.prototype.faultOf;
    vi.spyOn(ResultReader.prototype, 'faultOf').mockImplementationOnce(async function (this: ResultReader, artifact) {
      const fault = await faultOf.call(this, artifact);
      await work();
      return fault;
    });
  }
  const runAgain = async (): Promise<{ decision: string | null; note: string | null }> => {
    const run = await harness.run(workflow);
    expect(run.state).toBe('succeeded');
    return itemNamed(run, 'one');
  };
  const isWhole = async (): Promise<boolean> =>
    (await Promise.all(blobs.map((blob) => harness.store.verify(blob)))).every((state) => state === 'ok');

  beforeEach(async () => {
    workflow = `name: reused\nsteps: { one: { tool: measure, with: { value: ${++runs * 1000} } } }\n`;
    const run = await harness.run(workflow);
    result = itemNamed(run, 'one').outputs!['report'] as Digest;
    const manifest = parseManifest(readFileSync(harness.store.locationOf(result), 'utf8'));
    blobs = [result, manifest.config.digest, ...filesOf(manifest).map((file) => file.digest)];
    await expect.poll(async () => (await harness.get(`/v1/artifacts/${result}`)).status).toBe(200);
    await query('DELETE FROM run');
    await query(`UPDATE artifact SET used_at = now() - interval '2 hours'`);
    const longAgo = new Date(Date.now() - 7_200_000);
    for (const blob of blobs) await utimes(harness.store.locationOf(blob), longAgo, longAgo);
  });
  afterEach(() => vi.restoreAllMocks());

  it('is not collected while a run takes it up', async () => {
    whenVerified(() => harness.post('/v1/gc', { dryRun: false }));
    expect(await runAgain()).toMatchObject({ decision: 'reused' });
    expect(await isWhole()).toBe(true);
    expect((await harness.get(`/v1/artifacts/${result}`)).status).toBe(200);
  });

  it('is made again where it was removed while a run took it up', async () => {
    whenVerified(() => harness.delete(`/v1/artifacts/${result}`));
    const { decision, note } = await runAgain();
    expect([decision, note]).toEqual(['ran', `the earlier result is not used: the artifact ${result} was removed`]);
  });

  it('is made again where it was removed, although its bytes are still there', async () => {
    expect((await harness.delete(`/v1/artifacts/${result}`)).status).toBe(204);
    expect(await isWhole()).toBe(true);
    expect(await runAgain()).toMatchObject({ decision: 'ran' });
    await expect.poll(async () => (await harness.get(`/v1/artifacts/${result}`)).status).toBe(200);
    expect(await runAgain()).toMatchObject({ decision: 'reused' });
  });

  it('is used where the index has not heard of it yet, and stays', async () => {
    await query('DELETE FROM artifact WHERE id = $1', [result]);
    whenVerified(() => harness.post('/v1/gc', { dryRun: false }));
    expect(await runAgain()).toMatchObject({ decision: 'reused' });
    expect(await isWhole()).toBe(true);
  });

  it('is used where it was made again after it was removed, and the index has not heard of that yet', async () => {
    await harness.delete(`/v1/artifacts/${result}`);
    await query(`UPDATE job SET finished_at = now() WHERE outputs ->> 'report' = $1`, [result]);
    expect(await runAgain()).toMatchObject({ decision: 'reused' });
  });

  it('comes into the index from its manifest where its event got lost', async () => {
    const shown = async (): Promise<Record<string, unknown>> =>
      (await harness.get<Record<string, unknown>>(`/v1/artifacts/${result}`)).body;
    const { storedAt: _, ...before } = await shown();
    await query('DELETE FROM artifact WHERE id = $1', [result]);
    expect(await harness.service(LostArtifacts).find(0)).toContain(result);
    const { storedAt: __, ...after } = await shown();
    expect(after).toEqual(before);
    await harness.service(ArtifactRepository).remove([result], new Date(Date.now() + 60_000));
    expect(await harness.service(LostArtifacts).find(0)).toEqual([]);
  });

  it('stays where it was made for a run that has not noted it', async () => {
    const run = await harness.run(workflow);
    const named = async (): Promise<string[]> =>
      (await harness.service(RunGarbageRoots).roots())
        .filter(({ artifact }) => artifact === result)
        .map(({ because }) => because);
    expect(await named()).toEqual([`run ${run.id}, one of the last 10`]);
    expect((await harness.delete(`/v1/artifacts/${result}`)).body).toMatchObject({ code: 'ARTIFACT_IN_USE' });
    await query(`UPDATE item SET state = 'running', outputs = NULL`);
    await query(`UPDATE run SET state = 'running'`);
    expect(await named()).toEqual([`run ${run.id}, which is under way`]);
  });

  it('is made again by a retry of a run that had it', async () => {
    const needed = join(harness.folder, `needed ${runs}`);
    const bad = `bad: { tool: measure, in: { of: $one }, with: { failUnless: "${needed}" } }`;
    const failed = await harness.run(workflow.replace(' }\n', `, ${bad} }\n`));
    expect(statesOf(failed)).toEqual({ one: 'succeeded', bad: 'failed' });
    // As it is when more than ten runs have come after it.
    await harness.service(ArtifactRepository).remove([result], new Date(Date.now() + 60_000));
    for (const blob of blobs) await harness.store.remove(blob);
    writeFileSync(needed, '');
    await harness.post(`/v1/runs/${failed.id}/retry`);
    expect(statesOf(await harness.ended(failed.id))).toEqual({ one: 'succeeded', bad: 'succeeded' });
    expect(await isWhole()).toBe(true);
  });
});
