import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Answers, Needs } from '@sedge/service-kit';
import { ArtifactKinds, type KindSummary } from '../state/artifact-kind.service.js';
import { ANSWERS } from './answers.gen.js';
import { KindRequest } from './artifact.dto.js';

export interface KindList {
  items: KindSummary[];
}

/** Artifact kinds: Sedge's own and those that third parties register. */
@Needs('read')
@ApiTags('kinds')
@Answers(ANSWERS)
@Controller('v1/kinds')
export class ArtifactKindsController {
  constructor(private readonly kinds: ArtifactKinds) {}

  @Get()
  @ApiOperation({ summary: 'Lists the kinds of artifacts' })
  async list(): Promise<KindList> {
    return { items: await this.kinds.list() };
  }

  @Get(':name')
  @ApiOperation({ summary: 'Shows a kind with the JSON Schema of its metadata' })
  async show(@Param('name') name: string): Promise<Record<string, unknown>> {
    return this.kinds.show(name);
  }

  @Post()
  @Needs('run')
  @ApiOperation({ summary: 'Registers a kind of a third party' })
  @HttpCode(204)
  async register(@Body() { name, version, schema }: KindRequest): Promise<void> {
    await this.kinds.register(name, version, schema);
  }
}
