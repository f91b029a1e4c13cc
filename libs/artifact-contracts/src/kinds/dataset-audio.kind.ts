import { IsInt, IsOptional, IsPositive } from 'class-validator';
import type { ArtifactKind } from '../artifact-kind.js';
import { IsClassNames, IsPlainObject, Nested } from '../metadata-rules.js';
import { SplitCounts } from '../split-counts.js';

/** Labelled recordings of one length and rate, in splits that share no speaker. */
export class DatasetAudioMetadata {
  @IsClassNames() classes!: string[];
  @IsInt() @IsPositive() sampleRateHz!: number;
  @IsPositive() clipMs!: number;
  @Nested(() => SplitCounts) counts!: SplitCounts;
  /** how clips were assigned to splits: method and its parameters */
  @IsOptional() @IsPlainObject() split?: Record<string, unknown>;
  /** files of the source that were left out: `count`, `byReason` and a few `examples`; all of them are in ingestion-report.json */
  @IsOptional() @IsPlainObject() skipped?: Record<string, unknown>;
}

/**
 * `dataset.h5`: groups /train, /validation, /test with `data` int16 [clip, sample], `label` int64 [clip], `id` and `speaker` UTF-8 [clip];
 * group /background with `data` int16 [sample], `offset` and `length` int64 [recording], `name` and `split` UTF-8 [recording].
 */
export const kind: ArtifactKind = {
  name: 'dataset.audio',
  version: 1,
  summary: 'Labelled recordings as int16 samples in HDF5, in splits for training, validation and test.',
  metadata: DatasetAudioMetadata,
  files: { required: ['dataset.h5'], optional: ['ingestion-report.json'], others: true },
};
