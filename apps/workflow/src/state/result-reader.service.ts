import { Inject, Injectable } from '@nestjs/common';
import {
  ManifestError,
  filesOf,
  parseArtifactType,
  parseManifest,
  type Digest,
  type Manifest,
} from '@sedge/artifact-contracts';
import { ARTIFACT_STORE, StoreError, type ArtifactStore } from '@sedge/ports';
import { buffer } from 'node:stream/consumers';
import type { Metrics } from '../domain/judgement.js';

/** How many artifacts are remembered; each takes a few hundred bytes. */
const REMEMBERED = 20_000;
const AT_ONCE = 8;

/**
 * Reads what a run needs to know of results: whether all of an artifact is still there and right, and its numbers. What was verified in
 * this process is not read again unless the store says that the blob changed.
 */
@Injectable()
export class ResultReader {
  /** by blob: the stamp under which it was found right */
  private readonly right = new Map<Digest, string>();
  private readonly blobs = new Map<Digest, Digest[]>();
  private readonly metrics = new Map<Digest, Metrics>();

  constructor(@Inject(ARTIFACT_STORE) private readonly store: ArtifactStore) {}

  /** @returns null when everything is there and right, else what is wrong and where */
  async faultOf(artifact: Digest): Promise<string | null> {
    const fault = await this.blobFault(artifact);
    if (fault !== null) return fault;
    let blobs = this.blobs.get(artifact);
    if (blobs === undefined) {
      const manifest = await this.manifestOf(artifact);
      blobs = [...new Set([manifest.config.digest, ...filesOf(manifest).map((file) => file.digest)])];
      remember(this.blobs, artifact, blobs);
    }
    for (let from = 0; from < blobs.length; from += AT_ONCE) {
      const faults = await Promise.all(blobs.slice(from, from + AT_ONCE).map((blob) => this.blobFault(blob)));
      const first = faults.find((one) => one !== null);
      if (first !== undefined) return first;
    }
    return null;
  }

  /** The flat named numbers in an artifact's metadata; null where it has none. */
  async metricsOf(artifact: Digest): Promise<Metrics> {
    const known = this.metrics.get(artifact);
    if (known !== undefined) return known;
    const { metadata } = await this.contentOf(artifact);
    const found = (metadata as { metrics?: unknown } | null)?.metrics;
    const metrics = typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as Metrics) : null;
    remember(this.metrics, artifact, metrics);
    return metrics;
  }

  /** What an artifact says of itself; `type` is null where it isn't a kind of Sedge's form. */
  async contentOf(artifact: Digest): Promise<{ type: { kind: string; version: number } | null; metadata: unknown }> {
    const manifest = await this.manifestOf(artifact);
    const text = (await this.bytesOf(manifest.config.digest)).toString();
    return { type: parseArtifactType(manifest.artifactType), metadata: JSON.parse(text) };
  }

  private async blobFault(digest: Digest): Promise<string | null> {
    const info = await this.store.stat(digest);
    const stamp = info && `${info.sizeBytes} ${info.storedAt.getTime()}`;
    if (stamp !== null && this.right.get(digest) === stamp) return null;
    const state = stamp === null ? 'missing' : await this.store.verify(digest);
    if (state === 'ok') remember(this.right, digest, stamp!);
    else this.right.delete(digest);
    return state === 'ok' ? null : `the blob ${this.store.locationOf(digest)} is ${state}`;
  }

  private async manifestOf(artifact: Digest): Promise<Manifest> {
    return parseManifest((await this.bytesOf(artifact)).toString());
  }

  private async bytesOf(digest: Digest): Promise<Buffer> {
    return buffer(await this.store.read(digest));
  }
}

/** Whether a fault is one of the artifact, which will not go away by waiting. */
export function isArtifactFault(error: unknown): error is Error {
  if (error instanceof StoreError) return !error.transient;
  return error instanceof SyntaxError || error instanceof ManifestError;
}

function remember<Value>(map: Map<Digest, Value>, key: Digest, value: Value): void {
  map.set(key, value);
  if (map.size > REMEMBERED) map.delete(map.keys().next().value!);
}
