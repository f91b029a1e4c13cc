import { IsIn, IsInt, IsNotEmpty, IsString, Min } from 'class-validator';
import type { ArtifactKind } from '../artifact-kind.js';

/** What came from outside, byte for byte. */
export class SourceMetadata {
  /** the file's own name, without folders */
  @IsString() @IsNotEmpty() name!: string;
  /** a folder becomes a `tar` with fixed order and times */
  @IsIn(['tar.gz', 'tar', 'zip', 'file']) format!: 'tar.gz' | 'tar' | 'zip' | 'file';
  @IsInt() @Min(0) sizeBytes!: number;
}

export const kind: ArtifactKind = {
  name: 'source',
  version: 1,
  summary: 'An archive or file as it came from outside, resolved to its content.',
  metadata: SourceMetadata,
  files: { required: ['source'], optional: [], others: false },
};
