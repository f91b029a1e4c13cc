import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
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
import { MOST_INTEGER } from '@sedge/service-kit';
import type { Digest } from '@sedge/artifact-contracts';

/** `GET /v1/artifacts` */
export class ArtifactListQuery {
  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(100)
  kind?: string;
  @ApiPropertyOptional({ type: String, example: 'sha256:…' })
  @IsOptional()
  @IsDigest()
  derivedFrom?: Digest;
  @ApiPropertyOptional()
  @IsOptional()
  @IsString()
  @MaxLength(100)
  cursor?: string;
  @ApiPropertyOptional()
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  limit?: number;
}

/** `GET /v1/artifacts/{id}/lineage` */
export class LineageQuery {
  @ApiPropertyOptional({ enum: ['up', 'down', 'both'] })
  @IsOptional()
  @IsIn(['up', 'down', 'both'])
  direction?: 'up' | 'down' | 'both';
}

/** `PUT /v1/artifacts/{id}/pin` */
export class PinRequest {
  @ApiPropertyOptional({ description: 'why it must stay' })
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  note?: string;
}

/** `POST /v1/gc` */
export class GarbageRequest {
  @ApiProperty({ description: 'only say what would be removed' })
  @IsBoolean()
  dryRun!: boolean;
}

/** `POST /v1/kinds` */
export class KindRequest {
  @ApiProperty()
  @IsString()
  @MaxLength(100)
  @Matches(/^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)*$/)
  name!: string;
  @ApiProperty()
  @IsInt()
  @Min(1)
  @Max(MOST_INTEGER)
  version!: number;
  @ApiProperty({
    description: "JSON Schema 2020-12 of the kind's metadata",
    type: 'object',
    additionalProperties: true,
  })
  @IsObject()
  schema!: Record<string, unknown>;
}
