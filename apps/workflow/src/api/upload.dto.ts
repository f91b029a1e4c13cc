import type { Digest } from '@sedge/artifact-contracts';
import { IsDigest } from '@sedge/event-contracts';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';

export class UploadFileRequest {
  /** relative, with `/` */
  @IsString() @IsNotEmpty() @MaxLength(1024) path!: string;
  @IsInt() @Min(0) sizeBytes!: number;
  /** refuse other bytes */
  @IsOptional() @IsDigest() digest?: Digest;
}

/** `POST /v1/uploads` */
export class UploadRequest {
  @IsString() @IsNotEmpty() @MaxLength(100) kind!: string;
  @IsOptional() @IsInt() @Min(1) kindVersion?: number;
  @IsObject() metadata!: Record<string, unknown>;
  @IsArray()
  @ArrayMaxSize(10_000)
  @ValidateNested({ each: true })
  @Type(() => UploadFileRequest)
  files!: UploadFileRequest[];
  /** artifacts that it was made from */
  @IsOptional() @IsArray() @ArrayMaxSize(1000) @IsDigest({ each: true }) derivedFrom?: Digest[];
}
