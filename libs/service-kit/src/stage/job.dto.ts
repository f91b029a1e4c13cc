import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Digest } from '@sedge/artifact-contracts';
import { IsDigest, IsDigestMap } from '@sedge/event-contracts';
import { Type } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { MOST_INTEGER } from '../state/column-limits.js';

/** The id of a job in a path. */
export class JobIdDto {
  @ApiProperty({ type: String, example: 'sha256:…' })
  @IsDigest()
  id!: Digest;
}

/** Which attempt's log. */
export class LogQueryDto {
  @ApiPropertyOptional({ description: 'absent: the latest that has a log' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MOST_INTEGER)
  attempt?: number;
}

/** A worker outside takes a job. */
export class ClaimDto {
  @ApiProperty({ description: 'names the worker in logs' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  worker!: string;
  @ApiPropertyOptional({
    description: "the digest of the tool as the worker has it; where it is given it must be the job's",
    type: String,
    example: 'sha256:…',
  })
  @IsOptional()
  @IsDigest()
  tool?: Digest;
}

/** Proof that a worker holds the current attempt. */
export class FenceDto {
  @ApiProperty()
  @IsInt()
  @Min(1)
  @Max(MOST_INTEGER)
  attempt!: number;
  @ApiProperty()
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  token!: string;
}

export class ProgressDto {
  @ApiProperty()
  @IsNumber()
  @Min(0)
  done!: number;
  @ApiProperty()
  @IsNumber()
  @Min(0)
  total!: number;
  @ApiProperty()
  @IsString()
  @MaxLength(100)
  unit!: string;
}

/** A worker is still at work. */
export class HeartbeatDto extends FenceDto {
  @ApiPropertyOptional()
  @IsOptional()
  @ValidateNested()
  @Type(() => ProgressDto)
  progress?: ProgressDto;
}

/** A worker is done; its outputs were uploaded before. */
export class CompleteDto extends FenceDto {
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  @IsDigestMap()
  outputs!: Record<string, Digest>;
  @ApiProperty()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  durationMs!: number;
}

/** A worker gives up. */
export class FailDto extends FenceDto {
  @ApiProperty({ enum: ['transient', 'permanent'] })
  @IsIn(['transient', 'permanent'])
  class!: 'transient' | 'permanent';
  @ApiProperty()
  @IsString()
  @MaxLength(200)
  @Matches(/^[A-Z][A-Z0-9_]*$/, { message: 'code must be capital letters, digits and _, such as OUT_OF_MEMORY' })
  code!: string;
  @ApiProperty()
  @IsString()
  @IsNotEmpty()
  @MaxLength(10_000)
  message!: string;
}
