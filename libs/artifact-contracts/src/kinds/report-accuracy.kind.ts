import { IsInt, IsNotEmpty, IsOptional, IsString, Max, Min } from 'class-validator';
import type { ArtifactKind } from '../artifact-kind.js';
import { IsClassNames, IsNumbersByName, IsNumberTable, IsPlainObject, Nested } from '../metadata-rules.js';
import { ReportMetadata } from '../report-metadata.js';

/** A proportion with its 95 % confidence interval. */
export class Proportion {
  @Min(0) @Max(1) value!: number;
  @Min(0) @Max(1) low!: number;
  @Min(0) @Max(1) high!: number;
  /** of how many trials */
  @IsInt() @Min(0) n!: number;
}

/** How one class fares. */
export class ClassAccuracy {
  @IsString() @IsNotEmpty() name!: string;
  /** of the clips of this class, how many were recognized */
  @Nested(() => Proportion) recall!: Proportion;
  /** of the clips taken for this class, how many were right */
  @Nested(() => Proportion) precision!: Proportion;
}

/** `report.json` of an accuracy report. */
export class AccuracyReport {
  @IsString() @IsNotEmpty() title!: string;
  /** which engine ran the net, with its version */
  @IsString() @IsNotEmpty() engine!: string;
  @IsString() @IsNotEmpty() split!: string;
  @IsClassNames() classes!: string[];
  @Nested(() => Proportion) top1!: Proportion;
  @Nested(() => ClassAccuracy, { each: true }) perClass!: ClassAccuracy[];
  /** clips by [true class][predicted class] */
  @IsNumberTable() confusion!: number[][];
  /** how the intervals were computed */
  @IsString() @IsNotEmpty() intervals!: string;
  @IsNumbersByName() metrics!: Record<string, number>;
  /** the model's own figures, to be read beside the accuracy */
  @IsOptional() @IsPlainObject() model?: Record<string, unknown>;
}

export const kind: ArtifactKind = {
  name: 'report.accuracy',
  version: 1,
  summary: 'How often a network is right on clips it never saw, with confidence intervals and the confusion matrix.',
  metadata: ReportMetadata,
  files: { required: ['report.json', 'report.html'], optional: ['predictions.csv'], others: false },
  contents: { 'report.json': AccuracyReport },
};
