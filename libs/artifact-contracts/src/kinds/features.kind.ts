import { IsInt, IsOptional, IsPositive } from 'class-validator';
import type { ArtifactKind } from '../artifact-kind.js';
import { IsClassNames, IsPlainObject, IsShape, Nested } from '../metadata-rules.js';
import { Preprocessing } from '../preprocessing.js';
import { SplitCounts } from '../split-counts.js';

/** What a net learns from, and how it was made. */
export class FeaturesMetadata {
  @IsClassNames() classes!: string[];
  @IsInt() @IsPositive() sampleRateHz!: number;
  /** of one clip: [1, band, frame] */
  @IsShape() shape!: number[];
  @Nested(() => SplitCounts) counts!: SplitCounts;
  @Nested(() => Preprocessing) preprocessing!: Preprocessing;
  /** how the data set's clips were assigned to splits: method and its parameters */
  @IsOptional() @IsPlainObject() split?: Record<string, unknown>;
}

/** `features.h5`: groups /train, /validation, /test with `data` float32 [clip, 1, band, frame], `label` int64 [clip], `id` UTF-8 [clip]. */
export const kind: ArtifactKind = {
  name: 'features',
  version: 1,
  summary: 'Features of a data set as float32 in HDF5, in the same splits.',
  metadata: FeaturesMetadata,
  files: { required: ['features.h5'], optional: [], others: false },
};
