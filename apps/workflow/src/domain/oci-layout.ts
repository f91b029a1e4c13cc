import {
  canonicalJson,
  digestOfBytes,
  MANIFEST_MEDIA_TYPE,
  type Descriptor,
  type Digest,
  type Manifest,
} from '@sedge/artifact-contracts';
import type { ArtifactProducer } from '@sedge/event-contracts';

/** How an artifact came to be: stands beside it in a layout as a manifest that refers to it, so that its id stays the same. */
export interface Provenance {
  derivedFrom: Digest[];
  producedBy: ArtifactProducer | null;
}

/** An artifact on its way into a layout. */
export interface LayoutArtifact {
  id: Digest;
  manifestText: string;
  provenance: Provenance;
}

/** The documents of a layout that no blob of the store holds: `index.json` and the provenance manifests with their contents. */
export interface LayoutDocuments {
  index: string;
  blobs: { digest: Digest; text: string }[];
}

export const LAYOUT_FILE = '{"imageLayoutVersion":"1.0.0"}';
export const PROVENANCE_TYPE = 'application/vnd.sedge.provenance.v1+json';
const INDEX_MEDIA_TYPE = 'application/vnd.oci.image.index.v1+json';
const EMPTY = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOfBytes('{}'), size: 2 };
const REF_NAME = 'org.opencontainers.image.ref.name';

/** Path of a blob in a layout. */
export const blobPath = (digest: Digest): string => `blobs/sha256/${digest.slice('sha256:'.length)}`;

/** Builds the documents of a layout. @param artifacts the wanted one first, then everything that it came from */
export function layoutDocuments(artifacts: readonly LayoutArtifact[]): LayoutDocuments {
  const referrers = artifacts.map(provenanceManifest);
  const manifests = [
    ...artifacts.map(({ manifestText }, position) => descriptorOf(manifestText, position === 0)),
    ...referrers.map(({ manifest }) => descriptorOf(manifest.text, false)),
  ];
  const blobs = new Map<Digest, string>([[EMPTY.digest, '{}']]);
  for (const { manifest, content } of referrers) {
    blobs.set(manifest.digest, manifest.text);
    blobs.set(content.digest, content.text);
  }
  return {
    index: canonicalJson({ schemaVersion: 2, mediaType: INDEX_MEDIA_TYPE, manifests }),
    blobs: [...blobs].map(([digest, text]) => ({ digest, text })).sort((a, b) => (a.digest < b.digest ? -1 : 1)),
  };
}

const document = (text: string): { text: string; digest: Digest } => ({ text, digest: digestOfBytes(text) });

/** @see OCI image specification 1.1, "subject": the manifest refers to the artifact that it tells of */
function provenanceManifest({ manifestText, provenance }: LayoutArtifact): {
  manifest: { text: string; digest: Digest };
  content: { text: string; digest: Digest };
} {
  const content = document(canonicalJson(provenance));
  const manifest = document(
    canonicalJson({
      schemaVersion: 2,
      mediaType: MANIFEST_MEDIA_TYPE,
      artifactType: PROVENANCE_TYPE,
      config: EMPTY,
      layers: [{ mediaType: PROVENANCE_TYPE, digest: content.digest, size: Buffer.byteLength(content.text) }],
      subject: plainDescriptor(manifestText),
    }),
  );
  return { manifest, content };
}

function plainDescriptor(manifestText: string): Descriptor {
  return { mediaType: MANIFEST_MEDIA_TYPE, digest: digestOfBytes(manifestText), size: Buffer.byteLength(manifestText) };
}

function descriptorOf(manifestText: string, isWanted: boolean): object {
  const { artifactType } = JSON.parse(manifestText) as Manifest;
  const plain = plainDescriptor(manifestText);
  return { ...plain, artifactType, ...(isWanted && { annotations: { [REF_NAME]: plain.digest.replace(':', '-') } }) };
}

/** What an imported `index.json` names. @returns the descriptors of its manifests, or what is wrong with it */
export function parseLayoutIndex(text: string): { digest: Digest; size: number }[] | { mistake: string } {
  let index: { schemaVersion?: unknown; manifests?: unknown };
  try {
    index = JSON.parse(text) as typeof index;
  } catch {
    return { mistake: 'not JSON' };
  }
  if (typeof index !== 'object' || index === null || index.schemaVersion !== 2 || !Array.isArray(index.manifests)) {
    return { mistake: 'not an OCI image index' };
  }
  const descriptors = index.manifests as { digest?: unknown; size?: unknown }[];
  const isSound = (item: { digest?: unknown; size?: unknown } | null): boolean =>
    typeof item === 'object' &&
    item !== null &&
    /^sha256:[0-9a-f]{64}$/.test(String(item.digest)) &&
    Number.isSafeInteger(item.size);
  if (descriptors.length === 0 || !descriptors.every(isSound)) return { mistake: 'a manifest without digest and size' };
  return descriptors as { digest: Digest; size: number }[];
}
