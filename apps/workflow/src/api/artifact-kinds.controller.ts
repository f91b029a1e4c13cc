import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ArtifactKinds } from '../state/artifact-kind.service.js';
import { KindRequest } from './artifact.dto.js';

/** Artifact kinds: Sedge's own and those that third parties register. */
@Controller('v1/kinds')
export class ArtifactKindsController {
  constructor(private readonly kinds: ArtifactKinds) {}

  @Get()
  async list(): Promise<object> {
    return { items: await this.kinds.list() };
  }

  @Get(':name')
  async show(@Param('name') name: string): Promise<object> {
    return this.kinds.schemaOf(name, null);
  }

  @Post()
  @HttpCode(204)
  async register(@Body() { name, version, schema }: KindRequest): Promise<void> {
    await this.kinds.register(name, version, schema);
  }
}
