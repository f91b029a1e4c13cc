import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Digest } from '@sedge/artifact-contracts';
import { IsDigest } from '@sedge/event-contracts';
import { MOST_INTEGER } from '@sedge/service-kit';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';

export class UploadFileRequest {
  @ApiProperty({ description: 'relative, with `/`' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(1024)
  path!: string;
  @ApiProperty()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  sizeBytes!: number;
  @ApiPropertyOptional({ description: 'refuse other bytes', type: String, example: 'sha256:…' })
  @IsOptional()
  @IsDigest()
  digest?: Digest;
}

/** `POST /v1/uploads` */
export class UploadRequest {
  @ApiProperty()
  @IsString()
  @IsNotEmpty()
  @MaxLength(100)
  kind!: string;
  @ApiPropertyOptional()
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MOST_INTEGER)
  kindVersion?: number;
  @ApiProperty({ type: 'object', additionalProperties: true })
  @IsObject()
  metadata!: Record<string, unknown>;
  @ApiProperty({ type: [UploadFileRequest] })
  @IsArray()
  @ArrayMaxSize(10_000)
  @ValidateNested({ each: true })
  @Type(() => UploadFileRequest)
  files!: UploadFileRequest[];
  @ApiPropertyOptional({ description: 'artifacts that it was made from', type: [String] })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(1000)
  @IsDigest({ each: true })
  derivedFrom?: Digest[];
}
