import { IsNotEmpty, IsString } from 'class-validator';
import { JobEventData } from '../job-event.js';

/** A run no longer waits for a job. */
export class JobCancelRequestedData extends JobEventData {
  /** the run that leaves */
  @IsString() @IsNotEmpty() run!: string;
}
