import { filesOf, parseManifest, type ArtifactFile, type Digest, type Manifest } from '@sedge/artifact-contracts';
import type { ArtifactProducer } from '@sedge/event-contracts';

/** An artifact in a list, over HTTP. */
export interface ArtifactSummary {
  id: Digest;
  kind: string;
  kindVersion: number;
  sizeBytes: number;
  storedAt: Date;
  /** null for uploads */
  producedBy: ArtifactProducer | null;
  derivedFrom: Digest[];
  /** why it must stay; null where it is not pinned */
  pin: string | null;
  /** null until the index has read the artifact */
  metadata: Record<string, unknown> | null;
}

export interface ArtifactPage {
  items: ArtifactSummary[];
  nextCursor: string | null;
}

/** An artifact by itself, over HTTP. */
export interface ArtifactDetails extends ArtifactSummary {
  files: ArtifactFile[];
  manifest: Manifest;
}

/** What an artifact was made from, and what was made of it. */
export interface Lineage {
  artifact: Digest;
  nodes: LineageNode[];
  edges: LineageEdge[];
}

export type LineageNode = Pick<
  ArtifactSummary,
  'id' | 'kind' | 'kindVersion' | 'sizeBytes' | 'producedBy' | 'storedAt'
>;

export interface LineageEdge {
  /** what was made */
  artifact: Digest;
  /** what it was made from */
  parent: Digest;
}

export function summaryOf(artifact: ArtifactSummary): ArtifactSummary {
  const { id, kind, kindVersion, sizeBytes, metadata, producedBy, derivedFrom, pin, storedAt } = artifact;
  return { id, kind, kindVersion, sizeBytes, storedAt, producedBy, derivedFrom, pin, metadata };
}

export function detailsOf(artifact: ArtifactSummary & { manifest: string }): ArtifactDetails {
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
