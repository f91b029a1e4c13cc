import { Inject, Injectable, Logger } from '@nestjs/common';
import { filesOf, parseManifest, type Digest } from '@sedge/artifact-contracts';
import { ARTIFACT_STORE, type ArtifactStore } from '@sedge/ports';
import {
  planGarbage,
  unneededBlobs,
  type GarbagePlan,
  type GarbageRoot,
  type IndexedArtifact,
  type StoredBlob,
} from '../domain/garbage-plan.js';
import { ArtifactIndex } from './artifact-index.service.js';
import { ArtifactRepository, type ArtifactRow } from './artifact.repository.js';
import { GARBAGE_ROOTS, type GarbageRoots } from './garbage-roots.js';
import { UploadRepository } from './upload.repository.js';
import { UploadService } from './upload.service.js';

/** Nothing younger is removed: it may belong to work that the index has not heard of. */
const MIN_AGE_MS = 3_600_000;

/** Removes artifacts that nothing needs, and blobs that no artifact has. One at a time. */
@Injectable()
export class GarbageCollection {
  private readonly logger = new Logger('garbage');
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    @Inject(ARTIFACT_STORE) private readonly store: ArtifactStore,
    @Inject(GARBAGE_ROOTS) private readonly others: GarbageRoots[],
    private readonly repository: ArtifactRepository,
    private readonly index: ArtifactIndex,
    private readonly uploads: UploadRepository,
  ) {}

  /** What a collection would remove now. */
  async plan(now: Date): Promise<GarbagePlan> {
    const before = new Date(now.getTime() - MIN_AGE_MS);
    // The roots first: what becomes one afterwards was asked for just now, so it is young.
    const roots = await this.roots();
    return planGarbage(await this.indexed(), await this.stored(), roots, before);
  }

  /** Removes what `plan` says. @returns what was removed: less than planned where something was asked for meanwhile */
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
    const stored = (await this.stored()).filter((blob) => planned.has(blob.digest));
    const blobs: StoredBlob[] = [];
    for (const blob of unneededBlobs(stored, await this.indexed(), before)) {
      if (await this.store.remove(blob.digest, before)) blobs.push(blob);
    }
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

  private async indexed(): Promise<IndexedArtifact[]> {
    const rows = await this.repository.all();
    return Promise.all(rows.map((row) => this.indexedOf(row)));
  }

  /** An artifact whose manifest was not read yet is read now; one that is damaged has no blobs but its own. */
  private async indexedOf(row: ArtifactRow): Promise<IndexedArtifact> {
    const { id, kind, sizeBytes, usedAt, derivedFrom } = row;
    const text = row.manifest ?? (await this.manifestOf(id));
    const blobs: Digest[] = [id];
    if (text !== null) {
      const manifest = parseManifest(text);
      blobs.push(manifest.config.digest, ...filesOf(manifest).map((file) => file.digest));
    }
    return { id, kind, sizeBytes, usedAt, parents: derivedFrom, blobs };
  }

  private async manifestOf(id: Digest): Promise<string | null> {
    try {
      return (await this.index.get(id)).manifest;
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
