import type { Digest } from '@sedge/artifact-contracts';
import { Type } from 'class-transformer';
import { IsDefined, IsInt, Min, ValidateNested } from 'class-validator';
import { IsDigest } from './digest-rules.js';
import { ToolReference } from './tool-reference.js';

/** What every event about a job carries. */
export class JobEventData {
  @IsDigest() job!: Digest;
  @IsDefined() @ValidateNested() @Type(() => ToolReference) tool!: ToolReference;
}

/** What every event about an attempt of a job carries. */
export class AttemptEventData extends JobEventData {
  /** 1 for the first */
  @IsInt() @Min(0) attempt!: number;
}
