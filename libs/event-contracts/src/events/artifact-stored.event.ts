import { Nested, type Digest } from '@sedge/artifact-contracts';
import { IsArray, IsInt, IsNotEmpty, IsOptional, IsString, Min } from 'class-validator';
import { IsDigest } from '../digest-rules.js';

/** The job that made an artifact. */
export class ArtifactProducer {
  @IsDigest() job!: Digest;
  @IsString() @IsNotEmpty() output!: string;
  @IsDigest() tool!: Digest;
  @IsString() @IsNotEmpty() toolName!: string;
  @IsString() @IsNotEmpty() toolVersion!: string;
}

/** An artifact is in the store: its manifest and every blob. */
export class ArtifactStoredData {
  @IsDigest() artifact!: Digest;
  @IsString() @IsNotEmpty() kind!: string;
  @IsInt() @Min(1) kindVersion!: number;
  @IsInt() @Min(0) sizeBytes!: number;
  /** the artifacts that it was made from */
  @IsArray() @IsDigest({ each: true }) derivedFrom!: Digest[];
  /** absent for uploads */
  @IsOptional() @Nested(() => ArtifactProducer) producedBy?: ArtifactProducer;
}
