import type { Digest } from '@sedge/artifact-contracts';

/** Something that must stay, and why. */
export interface GarbageRoot {
  artifact: Digest;
  /** e.g. `pinned`, `run 01J…` */
  because: string;
}

/** An artifact as the index has it. */
export interface IndexedArtifact {
  id: Digest;
  kind: string;
  sizeBytes: number;
  /** when it was stored or last asked for */
  usedAt: Date;
  parents: Digest[];
  /** its manifest, its metadata and its files */
  blobs: Digest[];
}

/** An artifact that is whole in the store and of which the index has not heard: its event is on its way, or got lost. */
export interface UnheardArtifact {
  /** its manifest, its metadata and its files */
  blobs: Digest[];
}

/**
 * How long an artifact may be in the store before the index hears of it. An event waits seven days at most for who missed it, and for a broker
 * that is away as long as that lasts; one day more is for the way to the broker.
 */
export const UNHEARD_LIFE_MS = 8 * 86_400_000;

export interface StoredBlob {
  digest: Digest;
  sizeBytes: number;
  storedAt: Date;
}

/** What a garbage collection removes; a dry run prints this and a real one carries it out. */
export interface GarbagePlan {
  artifacts: { id: Digest; kind: string; sizeBytes: number; usedAt: Date }[];
  blobs: { digest: Digest; sizeBytes: number }[];
  freedBytes: number;
}

/**
 * The artifacts that no root needs and that nothing asked for since `before`. A root needs itself and everything that it came from, so that
 * what stays can always be explained and exported; what is young is not removed, and needs what it came from as well.
 */
export function unneededArtifacts(
  artifacts: readonly IndexedArtifact[],
  roots: readonly GarbageRoot[],
  before: Date,
): IndexedArtifact[] {
  const byId = new Map(artifacts.map((artifact) => [artifact.id, artifact]));
  const needed = new Set<Digest>();
  const open = [
    ...roots.map((root) => root.artifact),
    ...artifacts.filter((artifact) => artifact.usedAt >= before).map((artifact) => artifact.id),
  ];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (needed.has(id)) continue;
    needed.add(id);
    open.push(...(byId.get(id)?.parents ?? []));
  }
  return artifacts.filter((artifact) => !needed.has(artifact.id)).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * The blobs that may be manifests of unheard artifacts: no artifact in the index has them, they are not what is left of one that was removed,
 * and a root names them or they were stored since `since`. Manifests are stored last, and events are published after that. So whatever belongs
 * to no manifest is left from an upload or a job that came to nothing: it need not wait for any event.
 */
export function perhapsUnheard(
  blobs: readonly StoredBlob[],
  indexed: readonly IndexedArtifact[],
  roots: readonly GarbageRoot[],
  { removedAt, since }: { removedAt: ReadonlyMap<Digest, Date>; since: Date },
): StoredBlob[] {
  const known = new Set(indexed.flatMap((artifact) => artifact.blobs));
  const rooted = new Set(roots.map((root) => root.artifact));
  return blobs.filter(({ digest, storedAt }) => {
    const removed = removedAt.get(digest);
    const isLeftOver = removed !== undefined && storedAt <= removed;
    return !known.has(digest) && !isLeftOver && (storedAt >= since || rooted.has(digest));
  });
}

/** The blobs that belong to no artifact that stays and were not stored since `before`. */
export function unneededBlobs(
  blobs: readonly StoredBlob[],
  kept: readonly Pick<IndexedArtifact, 'blobs'>[],
  before: Date,
): StoredBlob[] {
  const needed = new Set(kept.flatMap((artifact) => artifact.blobs));
  return blobs
    .filter((blob) => !needed.has(blob.digest) && blob.storedAt < before)
    .sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

/** What there is, and what of it must stay. */
export interface GarbageSurvey {
  indexed: readonly IndexedArtifact[];
  unheard: readonly UnheardArtifact[];
  blobs: readonly StoredBlob[];
  roots: readonly GarbageRoot[];
}

/** Puts both together. */
export function planGarbage({ indexed, unheard, blobs, roots }: GarbageSurvey, before: Date): GarbagePlan {
  const removed = unneededArtifacts(indexed, roots, before);
  const ids = new Set(removed.map((artifact) => artifact.id));
  const kept = indexed.filter((artifact) => !ids.has(artifact.id));
  const removedBlobs = unneededBlobs(blobs, [...kept, ...unheard], before);
  return {
    artifacts: removed.map(({ id, kind, sizeBytes, usedAt }) => ({ id, kind, sizeBytes, usedAt })),
    blobs: removedBlobs.map(({ digest, sizeBytes }) => ({ digest, sizeBytes })),
    freedBytes: removedBlobs.reduce((sum, blob) => sum + blob.sizeBytes, 0),
  };
}
