import { artifactIdOf, artifactTypeOf, createManifest, manifestText, type Digest } from '@sedge/artifact-contracts';
import { apiDocument } from '@sedge/composition';
import { StoreError } from '@sedge/ports';
import { AnswerCheck } from '@sedge/test-kit';
import { utimes } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ArtifactIndex } from '../src/state/artifact-index.service.js';
import { startArtifactsProcess, type ArtifactsProcess } from './artifacts-process.js';

let running: ArtifactsProcess;
let answers: AnswerCheck;
beforeAll(async () => {
  running = await startArtifactsProcess();
  answers = new AnswerCheck(apiDocument(running.app));
});
afterAll(() => running.close());

/** Asks, and holds the answer against the OpenAPI document. */
async function call(
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = body && { 'content-type': 'application/json' };
  const sent = { method, ...(body && { headers, body: JSON.stringify(body) }) };
  const response = await fetch(`${running.url}${path}`, sent);
  const [text, contentType, { status }] = [await response.text(), response.headers.get('content-type'), response];
  expect(answers.mistakesIn({ method, path, status, contentType, text })).toEqual([]);
  return { status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

/** As a stage stores it, before its event comes. @returns the digests of its manifest, its metadata and its file */
async function storeUnheard(name: string, metadata: Record<string, unknown> = { name }): Promise<Digest[]> {
  const { digest, sizeBytes } = await running.store.put(`${name} file`);
  const manifest = createManifest(artifactTypeOf('source', 1), metadata, [{ path: 'source', digest, sizeBytes }]);
  await running.store.put(JSON.stringify(metadata), manifest.config.digest);
  await running.store.put(manifestText(manifest));
  return [artifactIdOf(manifest), manifest.config.digest, digest];
}

/** As it is when its event came. */
async function storeKnown(
  name: string,
  derivedFrom: Digest[] = [],
  metadata?: Record<string, unknown>,
): Promise<Digest[]> {
  const blobs = await storeUnheard(name, metadata);
  const data = { artifact: blobs[0]!, kind: 'source', kindVersion: 1, sizeBytes: 1, derivedFrom };
  await running.transactions.run((tx) => running.app.get(ArtifactIndex, { strict: false }).add(tx, data));
  return blobs;
}

const longAgo = new Date(Date.now() - 7_200_000);
const daysAgo = new Date(Date.now() - 9 * 86_400_000);

async function ageBlobs(digests: Digest[], when = longAgo): Promise<void> {
  for (const digest of digests) await utimes(running.store.locationOf(digest), when, when);
}

/** @returns the blobs that a garbage collection removes, or would */
async function planned(dryRun = true): Promise<Set<Digest>> {
  const { status, body } = await call('POST', '/v1/gc', { dryRun });
  expect(status).toBe(200);
  return new Set((body['blobs'] as { digest: Digest }[]).map(({ digest }) => digest));
}

describe('garbage collection', () => {
  it('removes exactly what its dry run prints, keeps what roots came from, and nothing younger than an hour', async () => {
    const source = (await storeKnown('source'))[0]!;
    const kept = await storeKnown('kept', [source]);
    const lost = await storeKnown('lost', [source]);
    const run = (await storeKnown('run'))[0]!;
    await running.transactions.query(`UPDATE artifact SET used_at = now() - interval '2 hours'`);
    const young = (await storeKnown('young'))[0]!;
    running.roots.push({ artifact: run, because: 'run 1' });
    await call('PUT', `/v1/artifacts/${kept[0]}/pin`, {});
    await ageBlobs([...lost, ...kept]);
    const collected = async (dryRun: boolean): Promise<Record<string, unknown>> =>
      (await call('POST', '/v1/gc', { dryRun })).body;
    const wouldBe = await collected(true);
    expect((wouldBe['artifacts'] as { id: string }[]).map((item) => item.id)).toEqual([lost[0]]);
    expect((wouldBe['blobs'] as { digest: string }[]).map((blob) => blob.digest)).toEqual(lost.toSorted());
    const removed = await collected(false);
    expect({ ...removed, dryRun: true }).toEqual(wouldBe);
    expect(await collected(true)).toMatchObject({ artifacts: [], blobs: [], freedBytes: 0 });
    expect(await running.store.stat(lost[0]!)).toBeNull();
    for (const id of [source, kept[0], young, run]) expect((await call('GET', `/v1/artifacts/${id}`)).status).toBe(200);
    expect((await call('GET', `/v1/artifacts/${lost[0]}`)).status).toBe(404);
  });

  it('leaves an artifact of which the index has not heard for as long as its event may come, and for longer where a run names it', async () => {
    const unheard = await storeUnheard('unheard');
    const { digest: stray } = await running.store.put('of a job that came to nothing');
    const all = [...unheard, stray];
    await ageBlobs(all);
    const now = await planned();
    expect(all.filter((digest) => now.has(digest))).toEqual([stray]);
    await ageBlobs(all, daysAgo);
    const later = await planned();
    expect(all.filter((digest) => later.has(digest))).toEqual(all);
    const root = { artifact: unheard[0]!, because: 'run 2' };
    running.roots.push(root);
    const needed = await planned();
    expect(all.filter((digest) => needed.has(digest))).toEqual([stray]);
    running.roots.splice(running.roots.indexOf(root), 1);
  });

  it('takes at once what is left of an artifact that was removed, even where something names it that came too late', async () => {
    const blobs = await storeKnown('removed');
    const [id] = blobs as [Digest];
    expect((await call('DELETE', `/v1/artifacts/${id}`)).status).toBe(204);
    running.roots.push({ artifact: id, because: 'run 3' });
    await ageBlobs(blobs);
    const removed = await planned(false);
    expect(blobs.filter((digest) => removed.has(digest))).toEqual(blobs);
    const noted = await running.transactions.query('SELECT 1 FROM removed_artifact WHERE id = $1', [id]);
    expect(noted).toEqual([]);
  });

  it('removes nothing while the store does not say what is there', async () => {
    await ageBlobs(await storeUnheard('hidden'));
    const read = vi.spyOn(running.store, 'read').mockRejectedValue(new StoreError('STORE_UNAVAILABLE', 'away'));
    const remove = vi.spyOn(running.store, 'remove');
    expect(await call('POST', '/v1/gc', { dryRun: false })).toMatchObject({
      status: 503,
      body: { code: 'STORE_UNAVAILABLE' },
    });
    expect(remove).not.toHaveBeenCalled();
    read.mockRestore();
    remove.mockRestore();
  });

  it.each([
    ['no database takes', { name: 'a\0b' }],
    ['is damaged', null],
  ])('keeps the files of an artifact whose metadata %s', async (_what, metadata) => {
    const blobs = await storeKnown('bad', [], metadata ?? { name: 'damaged' });
    if (metadata === null) await running.store.remove(blobs[1]!);
    await ageBlobs([blobs[0]!, blobs[2]!]);
    const now = await planned();
    expect(blobs.filter((digest) => now.has(digest))).toEqual([]);
    expect((await call('GET', `/v1/artifacts/${blobs[0]}`)).body['code']).toBe('ARTIFACT_DAMAGED');
  });
});
