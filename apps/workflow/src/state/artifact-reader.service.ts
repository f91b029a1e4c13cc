import { Inject, Injectable } from '@nestjs/common';
import {
  ManifestError,
  filesOf,
  parseManifest,
  validateForm,
  type Digest,
  type Manifest,
} from '@sedge/artifact-contracts';
import { ARTIFACT_STORE, StoreError, type ArtifactStore } from '@sedge/ports';
import { errorsOf, type ServiceError } from '@sedge/service-kit';
import { buffer } from 'node:stream/consumers';
import { ARTIFACT_ERRORS } from '../domain/artifact-errors.js';

/** Documents beyond this are no manifest or metadata of an artifact. */
const MAX_DOCUMENT_BYTES = 16 << 20;
const error = errorsOf(ARTIFACT_ERRORS);

export interface ReadArtifact {
  manifest: Manifest;
  text: string;
  metadata: Record<string, unknown>;
}

/** Reads artifacts from the store, verified; it needs no index. */
@Injectable()
export class ArtifactReader {
  constructor(@Inject(ARTIFACT_STORE) private readonly store: ArtifactStore) {}

  /** @throws ARTIFACT_UNKNOWN, ARTIFACT_DAMAGED with the file's place */
  async read(id: Digest): Promise<ReadArtifact> {
    const { manifest, text } = await this.manifestOf(id);
    const metadata = this.parseMetadata(id, await this.document(id, manifest.config.digest, 'metadata'));
    return { manifest, text, metadata };
  }

  /** @throws ARTIFACT_UNKNOWN, ARTIFACT_DAMAGED, STORE_UNAVAILABLE */
  async manifestOf(id: Digest): Promise<{ manifest: Manifest; text: string }> {
    const text = await this.document(id, id, 'manifest');
    return { manifest: this.parse(id, text), text };
  }

  /**
   * The manifest that a blob is, or null where it is none. Of what can be none, no more than the beginning is read.
   * @throws STORE_UNAVAILABLE
   */
  async manifestIn({ digest, sizeBytes }: { digest: Digest; sizeBytes: number }): Promise<Manifest | null> {
    if (sizeBytes > MAX_DOCUMENT_BYTES) return null;
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of await this.store.read(digest)) {
        if (chunks.length === 0 && !isStartOfObject(chunk as Buffer)) return null;
        chunks.push(chunk as Buffer);
      }
      return parseManifest(Buffer.concat(chunks).toString('utf8'));
    } catch (fault) {
      if (fault instanceof ManifestError) return null;
      if (fault instanceof StoreError && (fault.code === 'STORE_BLOB_MISSING' || fault.code === 'STORE_BLOB_CORRUPT'))
        return null;
      throw asStoreAnswer(fault);
    }
  }

  /** Whether every blob of an artifact is there and right. @returns the first that is not, or null */
  async firstFault(id: Digest): Promise<{ file: string; reason: string } | null> {
    const manifest = await this.read(id).then(
      (artifact) => artifact.manifest,
      (fault: ServiceError) => ({ file: 'manifest', reason: fault.message }),
    );
    if ('reason' in manifest) return manifest;
    for (const { path, digest } of filesOf(manifest)) {
      const state = await this.store.verify(digest);
      if (state !== 'ok') return { file: path, reason: `${this.store.locationOf(digest)} is ${state}` };
    }
    return null;
  }

  private async document(id: Digest, digest: Digest, file: string): Promise<string> {
    try {
      const size = (await this.store.stat(digest))?.sizeBytes ?? 0;
      if (size > MAX_DOCUMENT_BYTES) throw error('ARTIFACT_DAMAGED', { id, file, reason: `it has ${size} bytes` });
      return (await buffer(await this.store.read(digest))).toString('utf8');
    } catch (fault) {
      throw asArtifactError(fault, id, file);
    }
  }

  /** What the index can't hold is nothing that Sedge stored: it refuses such metadata. */
  private parseMetadata(id: Digest, text: string): Record<string, unknown> {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (fault) {
      throw error('ARTIFACT_DAMAGED', { id, file: 'metadata', reason: `it is not JSON: ${(fault as Error).message}` });
    }
    const [mistake] = validateForm(value);
    if (!mistake) return value as Record<string, unknown>;
    const reason = mistake.path === '' ? mistake.message : `${mistake.path}: ${mistake.message}`;
    throw error('ARTIFACT_DAMAGED', { id, file: 'metadata', reason });
  }

  private parse(id: Digest, text: string): Manifest {
    try {
      return parseManifest(text);
    } catch (fault) {
      if (!(fault instanceof ManifestError)) throw fault;
      throw error('ARTIFACT_DAMAGED', { id, file: 'manifest', reason: fault.message });
    }
  }
}

function isStartOfObject(bytes: Buffer): boolean {
  return /^\s*\{/.test(bytes.toString('latin1', 0, 100));
}

/** Says of a store's fault which file of which artifact it concerns; other errors are given back as they are. */
export function asArtifactError(fault: unknown, id: Digest, file: string): unknown {
  if (!(fault instanceof StoreError)) return fault;
  if (fault.code === 'STORE_BLOB_MISSING' && file === 'manifest') return error('ARTIFACT_UNKNOWN', { id });
  if (fault.code === 'STORE_FULL' || fault.code === 'STORE_UNAVAILABLE')
    return error(fault.code, { reason: fault.message });
  return error('ARTIFACT_DAMAGED', { id, file, reason: fault.message });
}

/** Says of a store's fault what to do about it; other errors are given back as they are. */
export function asStoreAnswer(fault: unknown): unknown {
  if (!(fault instanceof StoreError)) return fault;
  const code = fault.code === 'STORE_FULL' ? 'STORE_FULL' : 'STORE_UNAVAILABLE';
  return error(code, { reason: fault.message });
}
