import { IsArray, IsInt, IsNotEmpty, IsOptional, IsString, Min } from 'class-validator';
import type { ArtifactKind } from '../artifact-kind.js';
import { IsNumbers, IsNumbersByName, IsPlainObject, Nested } from '../metadata-rules.js';
import { ReportMetadata } from '../report-metadata.js';

/** A figure with its 95 % confidence interval. */
export class IntervalFigure {
  @Min(0) value!: number;
  @Min(0) low!: number;
  @Min(0) high!: number;
}

/** Times of one engine. */
export class EngineLatency {
  @IsString() @IsNotEmpty() engine!: string;
  /** median time of one run, of all rounds */
  @Nested(() => IntervalFigure) medianMs!: IntervalFigure;
  @Min(0) minMs!: number;
  @Min(0) p90Ms!: number;
  @IsInt() @Min(1) runs!: number;
  /** median of each round */
  @IsNumbers() roundMediansMs!: number[];
  /** bytes: rss, arena, weights, program size: whichever are known */
  @IsNumbersByName() memoryBytes!: Record<string, number>;
}

/** The machine while it was measured, second by second. */
export class ClockSample {
  /** since the start of the measurement */
  @Min(0) seconds!: number;
  /** of the core that was measured; null where the system doesn't say */
  @IsOptional() @Min(0) clockMhz!: number | null;
  /** throttling events of that core since the start; null where the system doesn't say */
  @IsOptional() @Min(0) throttleCount!: number | null;
  /** share of the core's time that went elsewhere, 0 to 1; null where the system doesn't say */
  @IsOptional() @Min(0) stolenShare!: number | null;
}

/** How many times longer a peer takes, from rounds in which both ran in turn. */
export class RatioOfEngines {
  @IsString() @IsNotEmpty() engine!: string;
  @IsString() @IsNotEmpty() peer!: string;
  @Nested(() => IntervalFigure) ratio!: IntervalFigure;
  @IsInt() @Min(1) rounds!: number;
}

/** `report.json` of a latency report. */
export class LatencyReport {
  @IsString() @IsNotEmpty() title!: string;
  @IsPlainObject() machine!: Record<string, unknown>;
  @Nested(() => EngineLatency, { each: true }) engines!: EngineLatency[];
  /** the same engines' medians in the same round, divided: peer / first engine */
  @IsArray() @Nested(() => RatioOfEngines, { each: true }) ratios!: RatioOfEngines[];
  @Nested(() => ClockSample, { each: true }) clock!: ClockSample[];
  @IsArray() @IsString({ each: true }) remarks!: string[];
  @IsNumbersByName() metrics!: Record<string, number>;
}

export const kind: ArtifactKind = {
  name: 'report.latency',
  version: 1,
  summary: 'How long one run takes and what memory it needs, beside other engines measured in turn.',
  metadata: ReportMetadata,
  files: { required: ['report.json', 'report.html'], optional: [], others: false },
  contents: { 'report.json': LatencyReport },
};
