import type { Digest } from '@sedge/artifact-contracts';
import { IsNotEmpty, IsString } from 'class-validator';
import { IsDigest } from './digest-rules.js';

/** The tool that a job runs, as events name it. */
export class ToolReference {
  @IsString() @IsNotEmpty() name!: string;
  @IsString() @IsNotEmpty() version!: string;
  @IsString() @IsNotEmpty() stage!: string;
  @IsDigest() digest!: Digest;
}
