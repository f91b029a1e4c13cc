import { Nested, type Digest } from '@sedge/artifact-contracts';
import { IsInt, Min } from 'class-validator';
import { IsDigest } from './digest-rules.js';
import { ToolReference } from './tool-reference.js';

/** What every event about a job carries. */
export class JobEventData {
  @IsDigest() job!: Digest;
  @Nested(() => ToolReference) tool!: ToolReference;
}

/** What every event about an attempt of a job carries. */
export class AttemptEventData extends JobEventData {
  /** 1 for the first */
  @IsInt() @Min(0) attempt!: number;
}
