import { Inject, Injectable } from '@nestjs/common';
import {
  artifactIdOf,
  artifactTypeOf,
  canonicalJson,
  createManifest,
  manifestText,
  type ArtifactFile,
  type Digest,
} from '@sedge/artifact-contracts';
import type { ArtifactStoredData } from '@sedge/event-contracts';
import { ARTIFACT_STORE, type ArtifactStore } from '@sedge/ports';
import { Transactions, type Transaction } from '@sedge/service-kit';
import { ArtifactIndex } from './artifact-index.service.js';

export interface NewArtifact {
  kind: string;
  kindVersion: number;
  metadata: Record<string, unknown>;
  files: ArtifactFile[];
  derivedFrom: Digest[];
}

/** An artifact of which the digests of some files may not be known yet. */
export interface AnnouncedArtifact extends Omit<NewArtifact, 'files'> {
  files: (Omit<ArtifactFile, 'digest'> & { digest: Digest | null })[];
}

/** Makes artifacts known that come from outside, not from a job: the manifest last, then index and event in one transaction. */
@Injectable()
export class ArtifactWriter {
  constructor(
    @Inject(ARTIFACT_STORE) private readonly store: ArtifactStore,
    private readonly transactions: Transactions,
    private readonly index: ArtifactIndex,
  ) {}

  /** @param artifact its files are in the store already @param within runs in the same transaction, with the artifact's id */
  async write(artifact: NewArtifact, within: (tx: Transaction, id: Digest) => Promise<void>): Promise<Digest> {
    const manifest = createManifest(
      artifactTypeOf(artifact.kind, artifact.kindVersion),
      artifact.metadata,
      artifact.files,
    );
    await this.store.put(canonicalJson(artifact.metadata), manifest.config.digest);
    const id = artifactIdOf(manifest);
    await this.store.put(manifestText(manifest), id);
    const sizeBytes = artifact.files.reduce((sum, file) => sum + file.sizeBytes, manifest.config.size);
    const { kind, kindVersion, derivedFrom } = artifact;
    await this.announce([{ artifact: id, kind, kindVersion, sizeBytes, derivedFrom }], (tx) => within(tx, id));
    return id;
  }

  /**
   * The id of an artifact whose files are all announced by digest, where it is known and whole already, so that nothing has to be stored. Keeps
   * the garbage collection from it for an hour. @returns null where something is new, its parents too
   */
  async known({ kind, kindVersion, metadata, files, derivedFrom }: AnnouncedArtifact): Promise<Digest | null> {
    const announced = files.filter((file): file is ArtifactFile => file.digest !== null);
    if (announced.length < files.length || derivedFrom.length > 0) return null;
    const id = artifactIdOf(createManifest(artifactTypeOf(kind, kindVersion), metadata, announced));
    if ((await this.index.take(id)) === null) return null;
    return (await this.index.areWhole([id])).isWhole ? id : null;
  }

  /** Puts artifacts whose blobs are all in the store into the index, and tells everybody. */
  async announce(
    artifacts: ArtifactStoredData[],
    within: (tx: Transaction) => Promise<void> = async () => {},
  ): Promise<void> {
    await this.transactions.run(async (tx) => {
      for (const data of artifacts) {
        await this.index.add(tx, data);
        tx.publish('sedge.artifact.stored.v1', data.artifact, data);
      }
      await within(tx);
    });
  }
}
