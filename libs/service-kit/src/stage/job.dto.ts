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
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';

/** The id of a job in a path. */
export class JobIdDto {
  @IsDigest() id!: Digest;
}

/** Which attempt's log. */
export class LogQueryDto {
  /** absent: the latest that has a log */
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) attempt?: number;
}

/** A worker outside takes a job. */
export class ClaimDto {
  /** names the worker in logs */
  @IsString() @IsNotEmpty() @MaxLength(200) worker!: string;
  /** the digest of the tool as the worker has it; where it is given it must be the job's */
  @IsOptional() @IsDigest() tool?: Digest;
}

/** Proof that a worker holds the current attempt. */
export class FenceDto {
  @IsInt() @Min(1) attempt!: number;
  @IsString() @IsNotEmpty() token!: string;
}

export class ProgressDto {
  @IsNumber() done!: number;
  @IsNumber() total!: number;
  @IsString() @MaxLength(100) unit!: string;
}

/** A worker is still at work. */
export class HeartbeatDto extends FenceDto {
  @IsOptional() @ValidateNested() @Type(() => ProgressDto) progress?: ProgressDto;
}

/** A worker is done; its outputs were uploaded before. */
export class CompleteDto extends FenceDto {
  @IsDigestMap() outputs!: Record<string, Digest>;
  @IsInt() @Min(0) durationMs!: number;
}

/** A worker gives up. */
export class FailDto extends FenceDto {
  @IsIn(['transient', 'permanent']) class!: 'transient' | 'permanent';
  @IsString() @IsNotEmpty() @MaxLength(200) code!: string;
  @IsString() @MaxLength(10_000) message!: string;
}
