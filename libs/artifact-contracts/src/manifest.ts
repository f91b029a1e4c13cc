import { canonicalJson } from './canonical-json.js';
import { digestOfBytes, isDigest, type Digest } from './digest.js';

/** One blob as an OCI manifest names it. */
export interface Descriptor {
  mediaType: string;
  digest: Digest;
  /** bytes */
  size: number;
  annotations?: Record<string, string>;
}

/** The OCI image manifest that is an artifact: its kind, its typed metadata (config) and its files (layers). */
export interface Manifest {
  schemaVersion: 2;
  mediaType: typeof MANIFEST_MEDIA_TYPE;
  artifactType: string;
  config: Descriptor;
  layers: Descriptor[];
}

/** A file of an artifact: its path within the artifact and its blob. */
export interface ArtifactFile {
  path: string;
  digest: Digest;
  sizeBytes: number;
}

export const MANIFEST_MEDIA_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const FILE_MEDIA_TYPE = 'application/octet-stream';
const TITLE = 'org.opencontainers.image.title';
const ARTIFACT_TYPE = /^application\/vnd\.sedge\.([a-z][a-z0-9.-]*)\.v([1-9][0-9]*)$/;

/** `dataset.audio`, 1 -> `application/vnd.sedge.dataset.audio.v1`. */
export function artifactTypeOf(kind: string, version: number): string {
  return `application/vnd.sedge.${kind}.v${version}`;
}

/** `application/vnd.sedge.dataset.audio.v1` -> kind and version, or null when it isn't one of Sedge's. */
export function parseArtifactType(artifactType: string): { kind: string; version: number } | null {
  const match = ARTIFACT_TYPE.exec(artifactType);
  return match ? { kind: match[1]!, version: Number(match[2]) } : null;
}

/** Builds the manifest of an artifact. Files are ordered by path, so that equal content gives equal bytes. */
export function createManifest(artifactType: string, metadata: unknown, files: readonly ArtifactFile[]): Manifest {
  const config = canonicalJson(metadata);
  return {
    schemaVersion: 2,
    mediaType: MANIFEST_MEDIA_TYPE,
    artifactType,
    config: {
      mediaType: `${artifactType}.config+json`,
      digest: digestOfBytes(config),
      size: Buffer.byteLength(config),
    },
    layers: [...files]
      .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
      .map((file) => ({
        mediaType: FILE_MEDIA_TYPE,
        digest: file.digest,
        size: file.sizeBytes,
        annotations: { [TITLE]: file.path },
      })),
  };
}

/** The canonical bytes of a manifest: what is stored, and whose digest is the artifact's id. */
export function manifestText(manifest: Manifest): string {
  return canonicalJson(manifest);
}

/** The id of an artifact: the digest of its manifest. */
export function artifactIdOf(manifest: Manifest): Digest {
  return digestOfBytes(manifestText(manifest));
}

/** The files of an artifact, by path. */
export function filesOf(manifest: Manifest): ArtifactFile[] {
  return manifest.layers.map((layer) => ({
    path: layer.annotations?.[TITLE] ?? layer.digest,
    digest: layer.digest,
    sizeBytes: layer.size,
  }));
}

/**
 * Reads a manifest from untrusted text.
 *
 * @throws ManifestError that names what is wrong: not JSON, a wrong media type, a malformed digest, a path that leaves the artifact.
 */
export function parseManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ManifestError(`the manifest is not JSON: ${(error as Error).message}`);
  }
  assertManifest(value);
  return value;
}

/** A manifest that can't be used, with the place and the reason. */
export class ManifestError extends Error {
  readonly code = 'ARTIFACT_MANIFEST_INVALID';
}

function assertManifest(value: unknown): asserts value is Manifest {
  const manifest = value as Partial<Manifest> | null;
  if (typeof manifest !== 'object' || manifest === null) throw new ManifestError('the manifest is not an object');
  if (manifest.schemaVersion !== 2) throw new ManifestError('schemaVersion must be 2');
  if (manifest.mediaType !== MANIFEST_MEDIA_TYPE) throw new ManifestError(`mediaType must be ${MANIFEST_MEDIA_TYPE}`);
  if (typeof manifest.artifactType !== 'string') throw new ManifestError('artifactType is missing');
  assertDescriptor(manifest.config, 'config');
  if (!Array.isArray(manifest.layers)) throw new ManifestError('layers must be a list');
  const seen = new Set<string>();
  manifest.layers.forEach((layer, index) => {
    assertDescriptor(layer, `layers[${index}]`);
    const path = layer.annotations?.[TITLE] ?? layer.digest;
    if (!isSafeRelativePath(path)) throw new ManifestError(`layers[${index}]: the path '${path}' leaves the artifact`);
    if (seen.has(path)) throw new ManifestError(`layers[${index}]: the path '${path}' occurs twice`);
    seen.add(path);
  });
}

function assertDescriptor(value: unknown, place: string): asserts value is Descriptor {
  const descriptor = value as Partial<Descriptor> | null | undefined;
  if (typeof descriptor !== 'object' || descriptor === null) throw new ManifestError(`${place} is missing`);
  if (!isDigest(descriptor.digest)) throw new ManifestError(`${place}.digest is not a sha256 digest`);
  if (!Number.isSafeInteger(descriptor.size) || descriptor.size! < 0) {
    throw new ManifestError(`${place}.size is not a size in bytes`);
  }
}

/** Whether a path is relative, uses `/`, and names nothing outside its root (no `..`, no empty part, no drive, no NUL). */
export function isSafeRelativePath(path: string): boolean {
  if (path === '' || path.length > 1024 || /[\\\0:]/.test(path.replace(/^sha256:/, ''))) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
