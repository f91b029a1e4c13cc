import type { Digest } from '@sedge/artifact-contracts';
import { IsInt, Min } from 'class-validator';
import { IsDigestMap } from '../digest-rules.js';
import { AttemptEventData } from '../job-event.js';

/** A job has its result. The first committed result of a job is its result. */
export class JobSucceededData extends AttemptEventData {
  /** artifact id by output name */
  @IsDigestMap() outputs!: Record<string, Digest>;
  /** wall time of the attempt that committed */
  @IsInt() @Min(0) durationMs!: number;
}
