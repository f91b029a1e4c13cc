import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsNotEmpty, IsObject, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { FindsNul } from '@sedge/service-kit';
import type { StoredRequest } from '../state/run-row.js';

/** An absolute path, on Unix or on Windows. */
const ABSOLUTE = /^(\/|[A-Za-z]:[\\/])/;

/** A workflow as it is handed in to be checked, planned or run. */
export class WorkflowRequestDto {
  @ApiProperty({ description: 'the YAML text of the workflow' })
  @IsString()
  @IsNotEmpty()
  @FindsNul()
  workflow!: string;

  @ApiPropertyOptional({ description: 'its name, for messages', default: 'workflow.yml' })
  @IsOptional()
  @IsString()
  @MaxLength(4096)
  file?: string;

  @ApiPropertyOptional({ description: 'where relative paths in the file start: the absolute folder that it lies in' })
  @IsOptional()
  @MaxLength(4096)
  @Matches(ABSOLUTE, { message: 'baseDirectory must be an absolute path' })
  baseDirectory?: string;

  @ApiPropertyOptional({ description: 'where relative paths in `set` start; the base directory when absent' })
  @IsOptional()
  @MaxLength(4096)
  @Matches(ABSOLUTE, { message: 'workingDirectory must be an absolute path' })
  workingDirectory?: string;

  @ApiPropertyOptional({
    description:
      'values of parameters and addresses of inputs by name; texts are read as YAML unless the parameter is a text',
    type: 'object',
    additionalProperties: true,
  })
  @IsOptional()
  @IsObject()
  set?: Record<string, unknown>;
}

export class RunRequestDto extends WorkflowRequestDto {
  @ApiPropertyOptional({
    description: 'steps to run again although their results are there; `*` for all',
    type: [String],
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20_000)
  @IsString({ each: true })
  @MaxLength(1024, { each: true })
  again?: string[];
}

/** The request with everything in it that was left out. */
export function completeRequest(dto: RunRequestDto): StoredRequest {
  return {
    text: dto.workflow,
    file: dto.file ?? 'workflow.yml',
    set: dto.set ?? {},
    base: { file: dto.baseDirectory ?? null, set: dto.workingDirectory ?? null },
    again: dto.again ?? [],
  };
}
