import { stat } from 'node:fs/promises';
import { Transform, pipeline, type Readable } from 'node:stream';
import type { Digest } from '@sedge/artifact-contracts';
import type { ArtifactStore, BlobInfo, ByteRange } from '@sedge/ports';
import type { ProcessMetrics } from '@sedge/service-kit';

/** A store whose bytes are counted on their way in and out. */
export class MeteredStore implements ArtifactStore {
  constructor(
    private readonly store: ArtifactStore,
    private readonly metrics: ProcessMetrics,
  ) {}

  async put(bytes: Readable | Uint8Array | string, expected?: Digest): ReturnType<ArtifactStore['put']> {
    return this.stored(await this.store.put(bytes, expected));
  }

  async putFile(path: string): ReturnType<ArtifactStore['putFile']> {
    return this.stored(await this.store.putFile(path));
  }

  async read(digest: Digest, range?: ByteRange): Promise<Readable> {
    const bytes = await this.store.read(digest, range);
    const counter = new Transform({
      transform: (chunk: Uint8Array, _, done) => {
        this.metrics.count('sedge_artifact_read_bytes_total', {}, chunk.byteLength);
        done(null, chunk);
      },
    });
    // A fault of either side ends the other; the reader sees it at its own end.
    pipeline(bytes, counter, () => undefined);
    return counter;
  }

  async fetchFile(digest: Digest, path: string): Promise<void> {
    await this.store.fetchFile(digest, path);
    this.metrics.count('sedge_artifact_read_bytes_total', {}, (await stat(path)).size);
  }

  verify(digest: Digest): ReturnType<ArtifactStore['verify']> {
    return this.store.verify(digest);
  }

  stat(digest: Digest): Promise<BlobInfo | null> {
    return this.store.stat(digest);
  }

  remove(digest: Digest, unlessStoredSince?: Date): Promise<boolean> {
    return this.store.remove(digest, unlessStoredSince);
  }

  list(): AsyncIterable<BlobInfo> {
    return this.store.list();
  }

  locationOf(digest: Digest): string {
    return this.store.locationOf(digest);
  }

  removeStaleTemporaries(olderThanMs: number): Promise<number> {
    return this.store.removeStaleTemporaries(olderThanMs);
  }

  private stored(blob: { digest: Digest; sizeBytes: number }): { digest: Digest; sizeBytes: number } {
    this.metrics.count('sedge_artifact_stored_bytes_total', {}, blob.sizeBytes);
    return blob;
  }
}
