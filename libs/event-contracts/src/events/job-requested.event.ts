import type { Digest } from '@sedge/artifact-contracts';
import { IsBoolean, IsInt, IsNotEmpty, IsObject, IsOptional, IsString, Min } from 'class-validator';
import { IsDigestsMap, IsStringMap } from '../digest-rules.js';
import { JobEventData } from '../job-event.js';

/** A run needs a job: the stage starts it, or adds the run to those that wait for it. */
export class JobRequestedData extends JobEventData {
  /** complete: after defaults */
  @IsObject() parameters!: Record<string, unknown>;
  /** artifact id by input name; a list where the input takes all items of a sweep */
  @IsDigestsMap() inputs!: Record<string, Digest | Digest[]>;
  /** what the tool names of the machine */
  @IsStringMap() machine!: Record<string, string>;
  /** the run that asks; a job is cancelled when the last run that asked for it leaves */
  @IsString() @IsNotEmpty() run!: string;
  /** true where an earlier result must not be used: it failed verification, or someone asked to run it again */
  @IsBoolean() again!: boolean;
  /**
   * The last attempt that the asker knew of when it first asked, 0 for none. The end of a later attempt, since it first asked, is the answer:
   * the request was repeated and came late. Without it, a job that did not succeed is always tried again.
   */
  @IsOptional() @IsInt() @Min(0) afterAttempt?: number;
  /** Unix time in ms at which the run first asked, where it asks once more because it doesn't know whether that arrived; else the event's. */
  @IsOptional() @IsInt() @Min(0) firstAskedMs?: number;
}
