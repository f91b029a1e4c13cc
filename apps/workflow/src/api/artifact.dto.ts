import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { IsDigest } from '@sedge/event-contracts';
import type { Digest } from '@sedge/artifact-contracts';

/** `GET /v1/artifacts` */
export class ArtifactListQuery {
  @IsOptional() @IsString() @MaxLength(100) kind?: string;
  @IsOptional() @IsDigest() derivedFrom?: Digest;
  @IsOptional() @IsString() @MaxLength(100) cursor?: string;
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) @Max(1000) limit?: number;
}

/** `GET /v1/artifacts/{id}/lineage` */
export class LineageQuery {
  @IsOptional() @IsIn(['up', 'down', 'both']) direction?: 'up' | 'down' | 'both';
}

/** `PUT /v1/artifacts/{id}/pin` */
export class PinRequest {
  /** why it must stay */
  @IsOptional() @IsString() @IsNotEmpty() @MaxLength(200) note?: string;
}

/** `POST /v1/gc` */
export class GarbageRequest {
  /** only say what would be removed */
  @IsBoolean() dryRun!: boolean;
}

/** `POST /v1/kinds` */
export class KindRequest {
  @IsString() @MaxLength(100) @Matches(/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$/) name!: string;
  @IsInt() @Min(1) version!: number;
  /** JSON Schema 2020-12 of the kind's metadata */
  @IsObject() schema!: Record<string, unknown>;
}
