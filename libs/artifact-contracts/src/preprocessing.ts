import { IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { IsNumbers, IsPlainObject, Nested } from './metadata-rules.js';

/** What is subtracted from each band and what it is divided by: x' = (x - mean[band]) / std[band]. */
export class Normalization {
  @IsNumbers() mean!: number[];
  /** none is zero */
  @IsNumbers() std!: number[];
}

/** How raw data become what a net takes: the tool that does it, with all its parameters. */
export class Preprocessing {
  @IsString() @IsNotEmpty() tool!: string;
  @IsString() @IsNotEmpty() version!: string;
  @IsPlainObject() parameters!: Record<string, unknown>;
  /** applied after the tool, by whoever runs the net */
  @IsOptional() @Nested(() => Normalization) normalization?: Normalization;
}
