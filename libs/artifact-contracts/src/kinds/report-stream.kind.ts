import { IsNotEmpty, IsString, Min } from 'class-validator';
import type { ArtifactKind } from '../artifact-kind.js';
import { IsNumbersByName, IsPlainObject, Nested } from '../metadata-rules.js';
import { ReportMetadata } from '../report-metadata.js';

/** What a detector does on a stream at one threshold. */
export class StreamPoint {
  @Min(0) threshold!: number;
  @Min(0) falseAcceptsPerHour!: number;
  @Min(0) falseAcceptsPerHourLow!: number;
  @Min(0) falseAcceptsPerHourHigh!: number;
  /** share of spoken keywords that were not reported, or reported as another word */
  @Min(0) missRate!: number;
  @Min(0) missRateLow!: number;
  @Min(0) missRateHigh!: number;
}

/** `report.json` of a stream report. */
export class StreamReport {
  @IsString() @IsNotEmpty() title!: string;
  @IsString() @IsNotEmpty() engine!: string;
  /** how the stream was made and how words are detected in it */
  @IsPlainObject() stream!: Record<string, unknown>;
  @Nested(() => StreamPoint, { each: true }) points!: StreamPoint[];
  @IsNumbersByName() metrics!: Record<string, number>;
}

export const kind: ArtifactKind = {
  name: 'report.stream',
  version: 1,
  summary: 'False accepts per hour against misses, on recordings strung together with noise between them.',
  metadata: ReportMetadata,
  files: { required: ['report.json', 'report.html'], optional: [], others: false },
  contents: { 'report.json': StreamReport },
};
