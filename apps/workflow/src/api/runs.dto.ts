import { ApiPropertyOptional } from '@nestjs/swagger';
import { MOST_INTEGER } from '@sedge/service-kit';
import { Type } from 'class-transformer';
import { IsInt, IsNotEmpty, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

export class ListRunsDto {
  @ApiPropertyOptional({ default: 50, minimum: 1, maximum: 500 })
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(500)
  limit = 50;

  @ApiPropertyOptional({ description: 'nextCursor of the page before' })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  cursor?: string;
}

export class RunLogsDto {
  @ApiPropertyOptional({ description: 'a step, or one of its items: `model` or `model[seed=2]`' })
  @IsString()
  @IsNotEmpty()
  @MaxLength(1024)
  step!: string;

  @ApiPropertyOptional({ description: 'the attempt; the last one when absent' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MOST_INTEGER)
  attempt?: number;
}
