import { IsArray, IsInt, IsNotEmpty, IsOptional, IsString, Min } from 'class-validator';
import type { ArtifactKind } from '../artifact-kind.js';
import { IsClassNames, Nested } from '../metadata-rules.js';
import { Preprocessing } from '../preprocessing.js';

/** A C++ source tree that needs a compiler and CMake, and what it lists under `links`. */
export class ApplicationMetadata {
  @IsClassNames() classes!: string[];
  @IsString() @IsNotEmpty() target!: string;
  /** of all tensors that live while the net runs */
  @IsInt() @Min(0) arenaBytes!: number;
  /** the least that any placement of the planned tensors needs */
  @IsInt() @Min(0) arenaLowerBoundBytes!: number;
  @IsInt() @Min(0) weightsBytes!: number;
  @Nested(() => Preprocessing) preprocessing!: Preprocessing;
  /** libraries that it calls beyond those of C++, by their own names; absent where there is none */
  @IsOptional() @IsArray() @IsString({ each: true }) links?: string[];
}

export const kind: ArtifactKind = {
  name: 'application',
  version: 1,
  summary: 'A dependency-free C++ source tree that turns raw input into an answer.',
  metadata: ApplicationMetadata,
  files: { required: ['CMakeLists.txt'], optional: [], others: true },
};
