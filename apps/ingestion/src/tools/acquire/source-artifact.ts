import type { SourceMetadata } from '@sedge/artifact-contracts';
import { refusal } from '../../errors.js';

/** The one file of a source. */
export const SOURCE_FILE = 'source';

const FORMATS: Record<string, SourceMetadata['format']> = { gzip: 'tar.gz', tar: 'tar', zip: 'zip' };

/** The format that a source's metadata name. @param found what the content is, by its first bytes */
export function sourceFormatOf(found: string): SourceMetadata['format'] {
  return FORMATS[found] ?? 'file';
}

/** @param found SHA-256 in hexadecimal digits @param given the same as a user wrote it @throws INGESTION_SOURCE_CHECKSUM */
export function assertDigest(from: string, found: string, given: string): void {
  const wanted = given.replace(/^sha256:/, '').toLowerCase();
  if (found !== wanted) throw refusal('INGESTION_SOURCE_CHECKSUM', { from, found, wanted });
}
