import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Answers, Needs } from '@sedge/service-kit';
import type { GarbagePlan } from '../domain/garbage-plan.js';
import { GarbageCollection } from '../state/garbage.service.js';
import { UploadService } from '../state/upload.service.js';
import { ANSWERS } from './answers.gen.js';
import { GarbageRequest } from './artifact.dto.js';

/** What was removed, or would be. */
export interface CollectedGarbage extends GarbagePlan {
  dryRun: boolean;
}

/** Garbage collection; a dry run answers exactly what a real one would remove. */
@Needs('admin')
@ApiTags('gc')
@Answers(ANSWERS)
@Controller('v1/gc')
export class GarbageController {
  constructor(
    private readonly garbage: GarbageCollection,
    private readonly uploads: UploadService,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Removes what nothing needs, or says what it would remove' })
  @HttpCode(200)
  async collect(@Body() { dryRun }: GarbageRequest): Promise<CollectedGarbage> {
    const plan = dryRun ? await this.garbage.plan(new Date()) : await this.garbage.collect(new Date(), this.uploads);
    return { dryRun, ...plan };
  }
}
