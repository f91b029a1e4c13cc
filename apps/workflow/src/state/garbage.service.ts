import { Inject, Injectable, Logger } from '@nestjs/common';
import { filesOf, parseManifest, type Digest, type Manifest } from '@sedge/artifact-contracts';
import { ARTIFACT_STORE, type ArtifactStore } from '@sedge/ports';
import {
  UNHEARD_LIFE_MS,
  perhapsUnheard,
  planGarbage,
  unneededBlobs,
  type GarbagePlan,
  type GarbageRoot,
  type GarbageSurvey,
  type IndexedArtifact,
  type StoredBlob,
  type UnheardArtifact,
} from '../domain/garbage-plan.js';
import { ArtifactReader } from './artifact-reader.service.js';
import { ArtifactRepository, type ArtifactRow } from './artifact.repository.js';
import { GARBAGE_ROOTS, type GarbageRoots } from './garbage-roots.js';
import { UploadRepository } from './upload.repository.js';
import { UploadService } from './upload.service.js';

/** Nothing younger is removed: it may belong to work under way. */
const MIN_AGE_MS = 3_600_000;
/** Blobs that are looked into at once. */
const READ_AT_ONCE = 16;

/** Removes artifacts that nothing needs, and blobs that no artifact has. One at a time. */
@Injectable()
export class GarbageCollection {
  private readonly logger = new Logger('garbage');
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    @Inject(ARTIFACT_STORE) private readonly store: ArtifactStore,
    @Inject(GARBAGE_ROOTS) private readonly others: GarbageRoots[],
    private readonly repository: ArtifactRepository,
    private readonly reader: ArtifactReader,
    private readonly uploads: UploadRepository,
  ) {}

  /** What a collection would remove now. @throws STORE_UNAVAILABLE where it can't be known what there is */
  async plan(now: Date): Promise<GarbagePlan> {
    return planGarbage(await this.survey(now), new Date(now.getTime() - MIN_AGE_MS));
  }

  /**
   * Removes what `plan` says.
   * @returns what was removed: less than planned where something was asked for meanwhile
   * @throws STORE_UNAVAILABLE where it can't be known what there is
   */
  async collect(now: Date, uploads: UploadService): Promise<GarbagePlan> {
    const run = this.last.then(async () => {
      await uploads.expire();
      await this.store.removeStaleTemporaries(MIN_AGE_MS);
      return this.carryOut(await this.plan(now), new Date(now.getTime() - MIN_AGE_MS));
    });
    this.last = run.catch(() => undefined);
    return run;
  }

  /** The index forgets first: a crash in between leaves blobs that nobody has, which the next collection removes. */
  private async carryOut(plan: GarbagePlan, before: Date): Promise<GarbagePlan> {
    const removed = new Set(
      await this.repository.remove(
        plan.artifacts.map((artifact) => artifact.id),
        before,
      ),
    );
    const planned = new Set(plan.blobs.map((blob) => blob.digest));
    const removals = await this.repository.removals(null);
    const stored = await this.stored();
    const left = new Set(stored.map((blob) => blob.digest));
    const blobs: StoredBlob[] = [];
    const candidates = stored.filter((blob) => planned.has(blob.digest));
    for (const blob of unneededBlobs(candidates, await this.indexed(), before)) {
      if (!(await this.store.remove(blob.digest, before))) continue;
      blobs.push(blob);
      left.delete(blob.digest);
    }
    await this.repository.forgetRemovals([...removals.keys()].filter((id) => !left.has(id)));
    const freedBytes = blobs.reduce((sum, blob) => sum + blob.sizeBytes, 0);
    this.logger.log(`${removed.size} artifacts and ${blobs.length} blobs removed, ${freedBytes} bytes freed`);
    return {
      artifacts: plan.artifacts.filter((artifact) => removed.has(artifact.id)),
      blobs: blobs.map(({ digest, sizeBytes }) => ({ digest, sizeBytes })),
      freedBytes,
    };
  }

  /** Everything that must stay, and why. */
  async roots(): Promise<GarbageRoot[]> {
    const pins = (await this.repository.pins()).map(({ artifact, note }) => ({ artifact, because: `pin: ${note}` }));
    const leases = (await this.uploads.parentsUnderLease()).map(({ artifact, upload }) => ({
      artifact,
      because: `upload ${upload}`,
    }));
    const others = await Promise.all(this.others.map((source) => source.roots()));
    return [...pins, ...leases, ...others.flat()];
  }

  private async survey(now: Date): Promise<GarbageSurvey> {
    // The roots first: what becomes one afterwards was asked for just now, so it is young. The blobs last: of what came into the index
    // since it was read, the manifest is found among them.
    const roots = await this.roots();
    const removedAt = await this.repository.removals(null);
    const indexed = await this.indexed();
    const blobs = await this.stored();
    const since = new Date(now.getTime() - UNHEARD_LIFE_MS);
    const unheard = await this.unheard(perhapsUnheard(blobs, indexed, roots, { removedAt, since }));
    return { indexed, unheard, blobs, roots };
  }

  private async unheard(candidates: readonly StoredBlob[]): Promise<UnheardArtifact[]> {
    const found: UnheardArtifact[] = [];
    for (let from = 0; from < candidates.length; from += READ_AT_ONCE) {
      const some = candidates.slice(from, from + READ_AT_ONCE);
      const manifests = await Promise.all(some.map((blob) => this.reader.manifestIn(blob)));
      for (const [at, manifest] of manifests.entries())
        if (manifest !== null) found.push({ blobs: blobsOf(some[at]!.digest, manifest) });
    }
    return found;
  }

  private async indexed(): Promise<IndexedArtifact[]> {
    const rows = await this.repository.all();
    return Promise.all(rows.map((row) => this.indexedOf(row)));
  }

  /** An artifact whose manifest was not read yet is read now; one whose manifest is damaged has no blobs but that. */
  private async indexedOf(row: ArtifactRow): Promise<IndexedArtifact> {
    const { id, kind, sizeBytes, usedAt, derivedFrom } = row;
    const manifest = row.manifest === null ? await this.manifestOf(id) : parseManifest(row.manifest);
    const blobs = manifest === null ? [id] : blobsOf(id, manifest);
    return { id, kind, sizeBytes, usedAt, parents: derivedFrom, blobs };
  }

  private async manifestOf(id: Digest): Promise<Manifest | null> {
    try {
      return (await this.reader.manifestOf(id)).manifest;
    } catch (fault) {
      const code = (fault as { code?: string }).code;
      // Anything but damage may pass, and then its blobs would look as if nobody had them.
      if (code === 'ARTIFACT_DAMAGED' || code === 'ARTIFACT_UNKNOWN') return null;
      throw fault;
    }
  }

  private async stored(): Promise<StoredBlob[]> {
    const blobs: StoredBlob[] = [];
    for await (const blob of this.store.list()) blobs.push(blob);
    return blobs;
  }
}

function blobsOf(id: Digest, manifest: Manifest): Digest[] {
  return [id, manifest.config.digest, ...filesOf(manifest).map((file) => file.digest)];
}
