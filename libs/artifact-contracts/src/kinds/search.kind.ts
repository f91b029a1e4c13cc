import { IsArray, IsIn, IsInt, IsNotEmpty, IsOptional, IsString, Min } from 'class-validator';
import type { ArtifactKind } from '../artifact-kind.js';
import { IsNumbers, IsNumbersByName, IsPlainObject, Nested } from '../metadata-rules.js';
import { ReportMetadata } from '../report-metadata.js';

/** A figure that a search wants to be large or small. */
export class SearchObjective {
  @IsString() @IsNotEmpty() metric!: string;
  @IsIn(['max', 'min']) goal!: 'max' | 'min';
}

/** One point of the space, and what came of it. */
export class SearchTrial {
  @IsInt() @Min(1) number!: number;
  /** the point: values by the names of the space */
  @IsPlainObject() parameters!: Record<string, unknown>;
  @IsIn(['succeeded', 'failed']) state!: 'succeeded' | 'failed';
  /** figures by name; those of a failed trial may be missing */
  @IsNumbersByName() metrics!: Record<string, number>;
  /** artifact id of the trained model */
  @IsOptional() @IsString() @IsNotEmpty() model?: string;
}

/** `search.json` */
export class Search {
  /** JSON Schema of the parameters of a trial */
  @IsPlainObject() space!: Record<string, unknown>;
  @IsArray() @Nested(() => SearchObjective, { each: true }) objectives!: SearchObjective[];
  @IsArray() @Nested(() => SearchTrial, { each: true }) trials!: SearchTrial[];
  /** numbers of the trials that no other beats in one objective without losing in another */
  @IsNumbers() frontier!: number[];
}

export const kind: ArtifactKind = {
  name: 'search',
  version: 1,
  summary: 'A search for architectures: its space, every trial with its figures, and the Pareto frontier.',
  metadata: ReportMetadata,
  files: { required: ['search.json'], optional: ['report.html'], others: false },
  contents: { 'search.json': Search },
};
