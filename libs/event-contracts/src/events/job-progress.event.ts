import { IsNumber, IsOptional, IsString } from 'class-validator';
import { IsNumberMap } from '../digest-rules.js';
import { AttemptEventData } from '../job-event.js';

/** How far a job is. May be dropped, and comes on a stream of its own. */
export class JobProgressData extends AttemptEventData {
  @IsNumber() done!: number;
  @IsNumber() total!: number;
  @IsString() unit!: string;
  @IsOptional() @IsNumberMap() metrics?: Record<string, number>;
}
