import { Controller, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Digest } from '@sedge/artifact-contracts';
import { Answers, Needs, type Bytes } from '@sedge/service-kit';
import type { Request, Response } from 'express';
import { pipeline } from 'node:stream/promises';
import { OciExport } from '../state/oci-export.service.js';
import { OciImport } from '../state/oci-import.service.js';
import { ANSWERS } from './answers.gen.js';
import { artifactIdFrom } from './artifact-id.js';

/** What an archive brought in. */
export interface ImportedArtifacts {
  /** the one that was exported first, then what it came from */
  artifacts: Digest[];
}

/** Artifacts with everything that they came from, in and out, as OCI image layouts. */
@Needs('read')
@ApiTags('artifacts')
@Answers(ANSWERS)
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
  async export(@Param('id') text: string, @Res() response: Response): Promise<Bytes<'application/x-tar'>> {
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
  @ApiConsumes('application/x-tar')
  @ApiBody({ required: true, schema: { type: 'string', format: 'binary' } })
  @HttpCode(201)
  async import(@Req() request: Request): Promise<ImportedArtifacts> {
    return { artifacts: await this.imports.import(request) };
  }
}
