import { filesOf, parseManifest, type Digest } from '@sedge/artifact-contracts';
import type { ArtifactProducer } from '@sedge/event-contracts';

interface ViewedArtifact {
  id: Digest;
  kind: string;
  kindVersion: number;
  sizeBytes: number;
  manifest: string | null;
  metadata: Record<string, unknown> | null;
  producedBy: ArtifactProducer | null;
  derivedFrom: Digest[];
  pin: string | null;
  storedAt: Date;
}

/** An artifact in a list, over HTTP. */
export function summaryOf(artifact: ViewedArtifact): Record<string, unknown> {
  const { id, kind, kindVersion, sizeBytes, metadata, producedBy, derivedFrom, pin, storedAt } = artifact;
  return { id, kind, kindVersion, sizeBytes, storedAt, producedBy, derivedFrom, pin, metadata };
}

/** An artifact by itself, over HTTP: with its manifest and files. */
export function detailsOf(artifact: ViewedArtifact & { manifest: string }): Record<string, unknown> {
  const manifest = parseManifest(artifact.manifest);
  return { ...summaryOf(artifact), files: filesOf(manifest), manifest };
}

/** Media types of the files that artifacts have; a browser is not left to guess. */
const MEDIA_TYPES: Record<string, string> = {
  json: 'application/json',
  html: 'text/html; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  txt: 'text/plain; charset=utf-8',
  md: 'text/plain; charset=utf-8',
  cpp: 'text/plain; charset=utf-8',
  hpp: 'text/plain; charset=utf-8',
  h: 'text/plain; charset=utf-8',
  prototxt: 'text/plain; charset=utf-8',
  wav: 'audio/wav',
  png: 'image/png',
};

export function mediaTypeOf(path: string): string {
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  return MEDIA_TYPES[extension] ?? 'application/octet-stream';
}
