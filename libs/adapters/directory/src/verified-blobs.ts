import type { Digest } from '@sedge/artifact-contracts';
import type { BigIntStats } from 'node:fs';

/** Remembers which files this process has read whole and found right, as long as nothing touches them. */
export class VerifiedBlobs {
  private readonly seen = new Map<Digest, string>();

  has(digest: Digest, stats: BigIntStats): boolean {
    return this.seen.get(digest) === fingerprintOf(stats);
  }

  add(digest: Digest, stats: BigIntStats): void {
    this.seen.set(digest, fingerprintOf(stats));
  }

  forget(digest: Digest): void {
    this.seen.delete(digest);
  }
}

/** The change time is in it: unlike the modification time, no program can set it back. */
function fingerprintOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;
}
