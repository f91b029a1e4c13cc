import { IsNotEmpty, IsString } from 'class-validator';
import { AttemptEventData } from '../job-event.js';

/** An attempt of a job began. */
export class JobStartedData extends AttemptEventData {
  /** the process that runs it */
  @IsString() @IsNotEmpty() worker!: string;
}
