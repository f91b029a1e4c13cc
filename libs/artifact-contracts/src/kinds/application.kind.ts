import { IsInt, IsNotEmpty, IsString, Min } from 'class-validator';
import type { ArtifactKind } from '../artifact-kind.js';
import { IsClassNames, Nested } from '../metadata-rules.js';
import { Preprocessing } from '../preprocessing.js';

/** A C++ source tree that needs nothing but a compiler and CMake. */
export class ApplicationMetadata {
  @IsClassNames() classes!: string[];
  @IsString() @IsNotEmpty() target!: string;
  /** of all tensors that live while the net runs */
  @IsInt() @Min(0) arenaBytes!: number;
  /** the least that any placement of the planned tensors needs */
  @IsInt() @Min(0) arenaLowerBoundBytes!: number;
  @IsInt() @Min(0) weightsBytes!: number;
  @Nested(() => Preprocessing) preprocessing!: Preprocessing;
}

export const kind: ArtifactKind = {
  name: 'application',
  version: 1,
  summary: 'A dependency-free C++ source tree that turns raw input into an answer.',
  metadata: ApplicationMetadata,
  files: { required: ['CMakeLists.txt'], optional: [], others: true },
};
