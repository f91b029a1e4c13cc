import { IsInt, Min } from 'class-validator';

/** How many examples each split has. */
export class SplitCounts {
  @IsInt() @Min(0) train!: number;
  @IsInt() @Min(0) validation!: number;
  @IsInt() @Min(0) test!: number;
}
