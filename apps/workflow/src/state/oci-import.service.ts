import { Inject, Injectable } from '@nestjs/common';
import {
  ManifestError,
  filesOf,
  isDigest,
  parseArtifactType,
  parseManifest,
  type Digest,
  type Manifest,
} from '@sedge/artifact-contracts';
import { ArtifactProducer, type ArtifactStoredData } from '@sedge/event-contracts';
import { ARTIFACT_STORE, StoreError, type ArtifactStore } from '@sedge/ports';
import { errorsOf } from '@sedge/service-kit';
import { mistakeOfPaths } from '@sedge/tool-contracts';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ARTIFACT_ERRORS } from '../domain/artifact-errors.js';
import { PROVENANCE_TYPE, parseLayoutIndex, type Provenance } from '../domain/oci-layout.js';
import { ArtifactKinds } from './artifact-kind.service.js';
import { asStoreAnswer } from './artifact-reader.service.js';
import { ArtifactWriter } from './artifact-writer.service.js';
import { ArchiveMistake, entriesOf, type ArchiveEntry } from './oci-tar-reader.js';

/** Documents are held in memory and are small; blobs are not and may have any size that the disk takes. */
const MAX_DOCUMENT_BYTES = 16 << 20;
const MAX_ENTRIES = 1_000_000;
const BLOB = /^blobs\/sha256\/([0-9a-f]{64})$/;
const FOLDERS = new Set(['blobs', 'blobs/sha256', '.']);
const error = errorsOf(ARTIFACT_ERRORS);

interface Layout {
  index: string | null;
  isMarked: boolean;
  blobs: Map<Digest, number>;
}

/** Takes in an artifact with everything that it came from, from an OCI image layout in a tar archive that nobody trusts. */
@Injectable()
export class OciImport {
  constructor(
    @Inject(ARTIFACT_STORE) private readonly store: ArtifactStore,
    private readonly kinds: ArtifactKinds,
    private readonly writer: ArtifactWriter,
  ) {}

  /** Registers all or nothing; blobs of a refused archive stay unknown and go with the garbage. @returns the artifacts, the wanted one first */
  async import(archive: AsyncIterable<Buffer>): Promise<Digest[]> {
    try {
      const layout = await this.takeIn(archive);
      const artifacts = await this.artifactsOf(layout);
      await this.writer.announce([...artifacts].reverse());
      return artifacts.map((artifact) => artifact.artifact);
    } catch (fault) {
      if (fault instanceof ArchiveMistake) throw error('LAYOUT_INVALID', { place: fault.place, reason: fault.reason });
      throw asStoreAnswer(fault);
    }
  }

  private async takeIn(archive: AsyncIterable<Buffer>): Promise<Layout> {
    const layout: Layout = { index: null, isMarked: false, blobs: new Map() };
    let entries = 0;
    for await (const entry of entriesOf(archive)) {
      if (++entries > MAX_ENTRIES) throw new ArchiveMistake(entry.name, `more than ${MAX_ENTRIES} entries`);
      await this.takeEntry(entry, layout);
    }
    if (!layout.isMarked) throw new ArchiveMistake('oci-layout', 'the file is missing or of another version');
    return layout;
  }

  private async takeEntry(entry: ArchiveEntry, layout: Layout): Promise<void> {
    const name = entry.name.replace(/^\.\//, '').replace(/\/$/, '');
    if (entry.kind === 'folder' && FOLDERS.has(name === '' ? '.' : name)) return;
    if (entry.kind !== 'file') throw new ArchiveMistake(entry.name, 'it is neither a file nor a folder of a layout');
    const hex = BLOB.exec(name)?.[1];
    if (hex !== undefined) return this.takeBlob(entry, `sha256:${hex}`, layout);
    if (name === 'oci-layout') layout.isMarked = isLayoutMark(await textOf(entry));
    else if (name === 'index.json') layout.index = await textOf(entry);
    else throw new ArchiveMistake(entry.name, 'a layout has no such file');
  }

  private async takeBlob(entry: ArchiveEntry, digest: Digest, layout: Layout): Promise<void> {
    try {
      const { sizeBytes } = await this.store.put(Readable.from(entry.content(), { objectMode: false }), digest);
      layout.blobs.set(digest, sizeBytes);
    } catch (fault) {
      if (!(fault instanceof StoreError) || fault.code !== 'STORE_DIGEST_MISMATCH') throw fault;
      throw new ArchiveMistake(entry.name, fault.message);
    }
  }

  private async artifactsOf(layout: Layout): Promise<ArtifactStoredData[]> {
    if (layout.index === null) throw new ArchiveMistake('index.json', 'the file is missing');
    const listed = parseLayoutIndex(layout.index);
    if ('mistake' in listed) throw new ArchiveMistake('index.json', listed.mistake);
    const artifacts = new Map<Digest, { manifest: Manifest; provenance: Provenance }>();
    const told = new Map<Digest, Provenance>();
    for (const { digest } of listed) {
      const text = await this.textOfBlob(digest, layout);
      const manifest = manifestFrom(digest, text);
      if (manifest.artifactType === PROVENANCE_TYPE) await this.readProvenance(manifest, layout, told);
      else artifacts.set(digest, { manifest, provenance: { derivedFrom: [], producedBy: null } });
    }
    const data: ArtifactStoredData[] = [];
    for (const [id, { manifest }] of artifacts) data.push(await this.dataOf(id, manifest, told.get(id), layout));
    return data;
  }

  /** Provenance is somebody's word and changes no id; what of it has the wrong form is refused. */
  private async readProvenance(manifest: Manifest, layout: Layout, told: Map<Digest, Provenance>): Promise<void> {
    const subject = (manifest as Manifest & { subject?: { digest?: unknown } }).subject?.digest;
    const layer = manifest.layers[0];
    if (!isDigest(subject) || !layer) throw new ArchiveMistake('provenance', 'it has no subject or no content');
    const content = jsonOf<Partial<Provenance>>(layer.digest, await this.textOfBlob(layer.digest, layout));
    const derivedFrom = content.derivedFrom ?? [];
    if (!Array.isArray(derivedFrom) || !derivedFrom.every(isDigest)) {
      throw new ArchiveMistake(layer.digest, 'derivedFrom is not a list of digests');
    }
    const producedBy = content.producedBy ? plainToInstance(ArtifactProducer, content.producedBy) : null;
    if (producedBy && validateSync(producedBy).length > 0) {
      throw new ArchiveMistake(layer.digest, 'producedBy does not name a job');
    }
    told.set(subject, { derivedFrom, producedBy });
  }

  private async dataOf(
    id: Digest,
    manifest: Manifest,
    provenance: Provenance | undefined,
    layout: Layout,
  ): Promise<ArtifactStoredData> {
    const type = parseArtifactType(manifest.artifactType);
    if (!type) throw new ArchiveMistake(id, `'${manifest.artifactType}' is not an artifact of Sedge`);
    const files = filesOf(manifest);
    const paths = files.map((file) => file.path);
    const mistake = mistakeOfPaths(paths);
    if (mistake !== null)
      throw new ArchiveMistake(id, `'${mistake.path}' can't be a file of an artifact: ${mistake.reason}`);
    for (const { digest, sizeBytes } of files) this.assertThere(digest, sizeBytes, layout);
    this.assertThere(manifest.config.digest, manifest.config.size, layout);
    const metadata = jsonOf<unknown>(manifest.config.digest, await this.textOfBlob(manifest.config.digest, layout));
    await this.kinds.check(type.kind, type.version, metadata, paths);
    return {
      artifact: id,
      kind: type.kind,
      kindVersion: type.version,
      sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, manifest.config.size),
      derivedFrom: provenance?.derivedFrom ?? [],
      ...(provenance?.producedBy && { producedBy: provenance.producedBy }),
    };
  }

  /** What a manifest names must be in the archive itself: a layout is whole, and its sender learns nothing of what lies here. */
  private assertThere(digest: Digest, sizeBytes: number, layout: Layout): void {
    const found = layout.blobs.get(digest);
    if (found === undefined) throw new ArchiveMistake(digest, 'the blob is missing');
    if (found !== sizeBytes)
      throw new ArchiveMistake(digest, `the blob has ${found} bytes, the manifest says ${sizeBytes}`);
  }

  private async textOfBlob(digest: Digest, layout: Layout): Promise<string> {
    const size = layout.blobs.get(digest);
    if (size === undefined) throw new ArchiveMistake(digest, 'the blob is missing');
    if (size > MAX_DOCUMENT_BYTES) throw new ArchiveMistake(digest, `a document of ${size} bytes`);
    return (await buffer(await this.store.read(digest))).toString('utf8');
  }
}

async function textOf(entry: ArchiveEntry): Promise<string> {
  if (entry.sizeBytes > MAX_DOCUMENT_BYTES)
    throw new ArchiveMistake(entry.name, `a document of ${entry.sizeBytes} bytes`);
  const chunks: Buffer[] = [];
  for await (const chunk of entry.content()) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function isLayoutMark(text: string): boolean {
  try {
    return /^1\./.test(String((JSON.parse(text) as { imageLayoutVersion?: unknown }).imageLayoutVersion));
  } catch {
    return false;
  }
}

function manifestFrom(digest: Digest, text: string): Manifest {
  try {
    return parseManifest(text);
  } catch (fault) {
    if (fault instanceof ManifestError) throw new ArchiveMistake(digest, fault.message);
    throw fault;
  }
}

function jsonOf<Value>(digest: Digest, text: string): Value {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Value;
  } catch {
    // said below, as for JSON that is no object
  }
  throw new ArchiveMistake(digest, 'the document is not a JSON object');
}
