import { IsArray, IsInt, IsNotEmpty, IsOptional, IsString, Min } from 'class-validator';
import type { ArtifactKind } from '../artifact-kind.js';
import { IsClassNames, IsPlainObject, Nested } from '../metadata-rules.js';
import { Preprocessing } from '../preprocessing.js';

/** Who compiled a program. */
export class Compiler {
  @IsString() @IsNotEmpty() name!: string;
  @IsString() @IsNotEmpty() version!: string;
}

/** An application that was built for this kind of machine and passed its own self-test. */
export class ProgramMetadata {
  @IsClassNames() classes!: string[];
  @IsString() @IsNotEmpty() target!: string;
  @Nested(() => Compiler) compiler!: Compiler;
  @Nested(() => Preprocessing) preprocessing!: Preprocessing;
  /** of `app` */
  @IsInt() @Min(0) sizeBytes!: number;
  @IsInt() @Min(0) arenaBytes!: number;
  @IsInt() @Min(0) weightsBytes!: number;
  /** as of the application */
  @IsOptional() @IsArray() @IsString({ each: true }) links?: string[];
  /** what the program printed about its golden vectors */
  @IsOptional() @IsPlainObject() selfTest?: Record<string, unknown>;
}

export const kind: ArtifactKind = {
  name: 'program',
  version: 1,
  summary: 'An application built for a machine: the command-line runner and its library.',
  metadata: ProgramMetadata,
  files: { required: ['app'], optional: ['libapp.so', 'libapp.a', 'app.h'], others: true },
};
