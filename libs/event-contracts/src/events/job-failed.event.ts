import { IsIn, IsNotEmpty, IsString } from 'class-validator';
import { AttemptEventData } from '../job-event.js';

/** A job has failed for good: its budget for the class of its failure is spent. */
export class JobFailedData extends AttemptEventData {
  @IsIn(['transient', 'preempted', 'permanent']) class!: 'transient' | 'preempted' | 'permanent';
  @IsString() @IsNotEmpty() code!: string;
  @IsString() message!: string;
}
