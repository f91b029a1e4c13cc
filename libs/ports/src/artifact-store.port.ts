import type { Readable } from 'node:stream';
import type { Digest } from '@sedge/artifact-contracts';

export interface ByteRange {
  /** first byte */
  start: number;
  /** last byte, inclusive */
  end: number;
}

export interface BlobInfo {
  digest: Digest;
  sizeBytes: number;
  storedAt: Date;
}

/** Immutable blobs by digest: a directory or S3. It knows nothing of artifacts. */
export interface ArtifactStore {
  /**
   * Stores bytes and gives their digest; a blob that is already there is left alone.
   * @param expected refuse (and keep nothing) unless the bytes have this digest
   * @throws StoreError STORE_DIGEST_MISMATCH, STORE_FULL, STORE_UNAVAILABLE
   */
  put(bytes: Readable | Uint8Array | string, expected?: Digest): Promise<{ digest: Digest; sizeBytes: number }>;
  /** Stores the content of a local file, by link or copy. */
  putFile(path: string): Promise<{ digest: Digest; sizeBytes: number }>;
  /**
   * Reads a blob and verifies it: a whole read fails at its end when the digest differs; a range read of a blob that this process has not
   * verified since it last changed verifies it first.
   * @throws StoreError STORE_BLOB_MISSING, STORE_BLOB_CORRUPT
   */
  read(digest: Digest, range?: ByteRange): Promise<Readable>;
  /** Makes the blob available as a read-only local file at `path`, verified. */
  fetchFile(digest: Digest, path: string): Promise<void>;
  /** Whether the blob is there with the right size and digest (reads it all). */
  verify(digest: Digest): Promise<'ok' | 'missing' | 'corrupt'>;
  stat(digest: Digest): Promise<BlobInfo | null>;
  /**
   * Removes a blob. With a time, one that was stored or stored again since then stays: whoever stores it meanwhile can rely on it.
   * @returns whether it is gone
   */
  remove(digest: Digest, unlessStoredSince?: Date): Promise<boolean>;
  /** All blobs, in no order. */
  list(): AsyncIterable<BlobInfo>;
  /** Where a person would look for the blob, for messages: a path or an address. */
  locationOf(digest: Digest): string;
  /** Removes what interrupted writes left behind. @returns how many */
  removeStaleTemporaries(olderThanMs: number): Promise<number>;
}

export type StoreErrorCode =
  'STORE_BLOB_MISSING' | 'STORE_BLOB_CORRUPT' | 'STORE_DIGEST_MISMATCH' | 'STORE_FULL' | 'STORE_UNAVAILABLE';

/** A fault of the store; `transient` ones are worth trying again. */
export class StoreError extends Error {
  constructor(
    readonly code: StoreErrorCode,
    message: string,
    readonly transient: boolean = code === 'STORE_UNAVAILABLE',
  ) {
    super(message);
    this.name = 'StoreError';
  }
}

export const ARTIFACT_STORE = Symbol('ArtifactStore');
