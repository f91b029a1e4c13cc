import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import type { ArtifactStoredData } from '@sedge/event-contracts';
import { errorsOf, type Transaction } from '@sedge/service-kit';
import { ARTIFACT_ERRORS } from '../domain/artifact-errors.js';
import { ArtifactReader } from './artifact-reader.service.js';
import { ArtifactRepository, type ArtifactRow } from './artifact.repository.js';

const error = errorsOf(ARTIFACT_ERRORS);

/** An artifact with its metadata, from the index where it was read before, else from the store. */
export type KnownArtifact = ArtifactRow & { manifest: string; metadata: Record<string, unknown> };

/** What became of the wish to hold artifacts. Of one that is in neither the index has not heard. */
export interface HeldArtifacts {
  held: ReadonlySet<Digest>;
  removedAt: ReadonlyMap<Digest, Date>;
}

/** What the rest of the service asks about artifacts. */
@Injectable()
export class ArtifactIndex implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('artifacts');
  private readonly readings = new Set<Promise<void>>();
  private readonly listeners = new Set<(artifact: ArtifactStoredData) => void>();

  constructor(
    private readonly repository: ArtifactRepository,
    private readonly reader: ArtifactReader,
  ) {}

  /** Reads what a crash left unread. */
  async onApplicationBootstrap(): Promise<void> {
    for (const id of await this.repository.unread()) await this.readIn(id);
  }

  /** Notes an artifact in a transaction; `stored` follows after the commit, when its manifest may be read from the store. */
  add(tx: Transaction, data: ArtifactStoredData): Promise<void> {
    return this.repository.add(tx, data);
  }

  stored(data: ArtifactStoredData): void {
    const reading = this.readIn(data.artifact).finally(() => this.readings.delete(reading));
    this.readings.add(reading);
    for (const listener of this.listeners) listener(data);
  }

  /** The database stays until all are noted. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.readings);
  }

  /** Calls back for each artifact that enters the index from now on. @returns a function that ends it */
  onStored(listener: (artifact: ArtifactStoredData) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** @throws ARTIFACT_UNKNOWN, ARTIFACT_DAMAGED */
  async get(id: Digest): Promise<KnownArtifact> {
    const row = await this.repository.find(id);
    if (!row) throw error('ARTIFACT_UNKNOWN', { id });
    if (row.manifest !== null && row.metadata !== null) return row as KnownArtifact;
    const { text, metadata } = await this.reader.read(id);
    await this.repository.describe(id, text, metadata);
    return { ...row, manifest: text, metadata };
  }

  /** An artifact's kind, or null where it is not known. Keeps the garbage collection from it for an hour. */
  async take(id: Digest): Promise<string | null> {
    await this.repository.touch([id]);
    return (await this.repository.find(id))?.kind ?? null;
  }

  /**
   * Keeps artifacts from the garbage collection for an hour. Who means to rely on earlier ones asks for this before looking at their bytes:
   * what is being removed is not in the index any more while some of its bytes are still there.
   */
  async hold(ids: readonly Digest[]): Promise<HeldArtifacts> {
    const held = await this.repository.touch(ids);
    const removedAt = await this.repository.removals(ids.filter((id) => !held.has(id)));
    return { held, removedAt };
  }

  /** Holds artifacts once more with what names them. @returns one that was removed meanwhile, or null */
  async holdWith(tx: Transaction, ids: readonly Digest[]): Promise<Digest | null> {
    const held = await this.repository.touch(ids, tx);
    return ids.find((id) => !held.has(id)) ?? null;
  }

  /** The newest artifact of a kind that was made from another, directly, or null. */
  async newestDerived(kind: string, derivedFrom: Digest): Promise<Digest | null> {
    const rows = await this.repository.list({ kind, derivedFrom, before: null, limit: 1 });
    return rows[0]?.id ?? null;
  }

  /**
   * Whether artifacts are whole in the store, so that a result that consists of them may be used again. Keeps the garbage collection from
   * them for an hour.
   */
  async areWhole(ids: readonly Digest[]): Promise<{ isWhole: true } | { isWhole: false; reason: string }> {
    await this.repository.touch(ids);
    for (const id of ids) {
      const fault = await this.reader.firstFault(id);
      if (fault) return { isWhole: false, reason: `artifact ${id}: '${fault.file}': ${fault.reason}` };
    }
    return { isWhole: true };
  }

  private async readIn(id: Digest): Promise<void> {
    try {
      const { text, metadata } = await this.reader.read(id);
      await this.repository.describe(id, text, metadata);
    } catch (fault) {
      this.logger.warn(`${id} is not described yet: ${(fault as Error).message}`);
    }
  }
}
