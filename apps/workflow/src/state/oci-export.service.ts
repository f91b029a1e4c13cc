import { Inject, Injectable } from '@nestjs/common';
import { filesOf, parseManifest, type Digest } from '@sedge/artifact-contracts';
import { ARTIFACT_STORE, type ArtifactStore } from '@sedge/ports';
import { errorsOf } from '@sedge/service-kit';
import { Readable } from 'node:stream';
import { ARTIFACT_ERRORS } from '../domain/artifact-errors.js';
import { LAYOUT_FILE, blobPath, layoutDocuments, type LayoutArtifact } from '../domain/oci-layout.js';
import { TAR_BLOCK, encodeTarHeader, tarPadding } from '../domain/tar-header.js';
import { ArtifactIndex } from './artifact-index.service.js';
import { ArtifactLineageRepository } from './artifact-lineage.repository.js';

const MAX_EDGES = 1_000_000;
const error = errorsOf(ARTIFACT_ERRORS);

/** One file of a layout: from the store, or a text that the layout itself brings. */
type LayoutFile = { path: string; digest: Digest; sizeBytes: number } | { path: string; text: string };

/** Writes an artifact with everything that it came from as an OCI image layout in a tar archive. Equal content gives equal bytes. */
@Injectable()
export class OciExport {
  constructor(
    private readonly index: ArtifactIndex,
    private readonly lineages: ArtifactLineageRepository,
    @Inject(ARTIFACT_STORE) private readonly store: ArtifactStore,
  ) {}

  /** Every blob is verified before the first byte leaves. @throws ARTIFACT_UNKNOWN, ARTIFACT_DAMAGED */
  async open(id: Digest): Promise<Readable> {
    const artifacts = await this.withAncestors(id);
    const whole = await this.index.areWhole(artifacts.map((artifact) => artifact.id));
    if (!whole.isWhole) throw error('ARTIFACT_DAMAGED', { id, file: 'a blob', reason: whole.reason });
    return Readable.from(this.archive(filesOfLayout(artifacts)), { objectMode: false });
  }

  /** The wanted one first, the others in the order of their ids. */
  private async withAncestors(id: Digest): Promise<LayoutArtifact[]> {
    const edges = await this.lineages.up(id, MAX_EDGES);
    const ancestors = [...new Set(edges.map((edge) => edge.parent))].filter((parent) => parent !== id).sort();
    const artifacts: LayoutArtifact[] = [];
    for (const each of [id, ...ancestors]) {
      const { manifest, producedBy, derivedFrom } = await this.index.get(each);
      artifacts.push({ id: each, manifestText: manifest, provenance: { derivedFrom, producedBy } });
    }
    return artifacts;
  }

  private async *archive(files: LayoutFile[]): AsyncGenerator<Buffer, void> {
    for (const file of files) {
      const text = 'text' in file ? Buffer.from(file.text) : null;
      const sizeBytes = text?.length ?? (file as { sizeBytes: number }).sizeBytes;
      yield encodeTarHeader(file.path, sizeBytes);
      if (text) yield text;
      else yield* (await this.store.read((file as { digest: Digest }).digest)) as AsyncIterable<Buffer>;
      yield Buffer.alloc(tarPadding(sizeBytes));
    }
    yield Buffer.alloc(2 * TAR_BLOCK);
  }
}

/** The layout's own documents first, so that an import knows early what it gets; then the blobs, each once, in the order of their digests. */
function filesOfLayout(artifacts: LayoutArtifact[]): LayoutFile[] {
  const documents = layoutDocuments(artifacts);
  const blobs = new Map<Digest, LayoutFile>();
  for (const { digest, text } of documents.blobs) blobs.set(digest, { path: blobPath(digest), text });
  for (const { id, manifestText } of artifacts) {
    blobs.set(id, { path: blobPath(id), text: manifestText });
    const manifest = parseManifest(manifestText);
    const { config } = manifest;
    blobs.set(config.digest, { path: blobPath(config.digest), digest: config.digest, sizeBytes: config.size });
    for (const { digest, sizeBytes } of filesOf(manifest)) {
      blobs.set(digest, { path: blobPath(digest), digest, sizeBytes });
    }
  }
  const inOrder = [...blobs.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return [{ path: 'oci-layout', text: LAYOUT_FILE }, { path: 'index.json', text: documents.index }, ...inOrder];
}
