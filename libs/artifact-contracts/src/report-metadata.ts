import { IsOptional, IsString } from 'class-validator';
import { IsNumbersByName } from './metadata-rules.js';

/** What every report says of itself: flat named figures that `expect` and `choose` read. */
export class ReportMetadata {
  @IsOptional() @IsString() title?: string;
  @IsNumbersByName() metrics!: Record<string, number>;
}
