/** One member of an archive, as it passes by. Its content is gone once the next member is asked for. */
export interface ArchiveMember {
  /** as the archive names it: nothing about it can be trusted */
  path: string;
  type: 'file' | 'folder' | 'link' | 'special' | 'encrypted' | 'unsupported';
  /** as the archive says */
  sizeBytes: number;
  /** The whole content, or null when it has more than `limitBytes`; then no more than that was held. */
  read(limitBytes: number): Promise<Buffer | null>;
}

/** An archive opened for one pass over its members. */
export interface Archive {
  members: AsyncIterable<ArchiveMember>;
  sizeBytes: number;
  /** how much of the packed archive has been read by now */
  consumedBytes(): number;
}

export interface ArchiveLimits {
  members: number;
  /** of all members together */
  expandedBytes: number;
  /** how many times larger the content may be than the archive, once it is larger than `ratioFromBytes` */
  ratio: number;
  ratioFromBytes: number;
}

/** Far above any data set: the full Speech Commands set has 105,000 members and 3.8 GB, packed to two thirds. */
export const ARCHIVE_LIMITS: ArchiveLimits = {
  members: 2_000_000,
  expandedBytes: 1e12,
  ratio: 200,
  ratioFromBytes: 512e6,
};
