import { Controller, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Digest } from '@sedge/artifact-contracts';
import { Needs } from '@sedge/service-kit';
import type { Request, Response } from 'express';
import { pipeline } from 'node:stream/promises';
import { OciExport } from '../state/oci-export.service.js';
import { OciImport } from '../state/oci-import.service.js';
import { artifactIdFrom } from './artifact-id.js';

/** Artifacts with everything that they came from, in and out, as OCI image layouts. */
@Needs('read')
@ApiTags('artifacts')
@Controller('v1/artifacts')
export class ArtifactLayoutsController {
  constructor(
    private readonly exports: OciExport,
    private readonly imports: OciImport,
  ) {}

  @Get(':id/export')
  @ApiOperation({
    summary: 'Gives an artifact with everything that it came from as an OCI image layout in a tar archive',
  })
  async export(@Param('id') text: string, @Res() response: Response): Promise<void> {
    const id = artifactIdFrom(text);
    const archive = await this.exports.open(id);
    response.setHeader('Content-Type', 'application/x-tar');
    response.setHeader('Content-Disposition', `attachment; filename="${id.slice(7, 19)}.oci.tar"`);
    await pipeline(archive, response).catch(() => response.destroy());
  }

  /** The body is the archive, `application/x-tar`. */
  @Post('import')
  @Needs('run')
  @ApiOperation({ summary: 'Takes such an archive in' })
  @HttpCode(201)
  async import(@Req() request: Request): Promise<{ artifacts: Digest[] }> {
    return { artifacts: await this.imports.import(request) };
  }
}
