import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Patch, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Digest } from '@sedge/artifact-contracts';
import { Answers, Needs, errorsOf } from '@sedge/service-kit';
import type { Request, Response } from 'express';
import { ARTIFACT_ERRORS } from '../domain/artifact-errors.js';
import { ArtifactRepository } from '../state/artifact.repository.js';
import { UploadService, type UploadState } from '../state/upload.service.js';
import { ANSWERS } from './answers.gen.js';
import { IdempotencyKey, TakesIdempotencyKey } from './idempotency-key.js';
import { UploadRequest } from './upload.dto.js';

const error = errorsOf(ARTIFACT_ERRORS);

/** What an upload became. */
export interface UploadedArtifact {
  id: Digest;
}

/**
 * Uploads: announce the artifact, send each file in chunks (`PATCH`, at an offset), complete. A file that was announced with its digest and
 * is in the store already (`isStored`) need not be sent.
 */
@Needs('run')
@ApiTags('uploads')
@Answers(ANSWERS)
@Controller('v1/uploads')
export class UploadsController {
  constructor(
    private readonly uploads: UploadService,
    private readonly artifacts: ArtifactRepository,
  ) {}

  @Post()
  @ApiOperation({ summary: 'Begins an upload, or goes on with one' })
  @TakesIdempotencyKey('the same key and request give the same upload, for as long as it is under way')
  async start(
    @Body() { kind, kindVersion = 1, metadata, files, derivedFrom = [] }: UploadRequest,
    @IdempotencyKey() key: string | null,
  ): Promise<UploadState> {
    const announced = files.map(({ path, sizeBytes, digest }) => ({ path, sizeBytes, digest: digest ?? null }));
    return this.uploads.start({ kind, kindVersion, metadata, files: announced, derivedFrom }, key, this.artifacts);
  }

  @Get(':id')
  @ApiOperation({ summary: 'Shows how far each file of an upload is' })
  async show(@Param('id') id: string): Promise<UploadState> {
    return this.uploads.show(id);
  }

  /** The body is the chunk itself, `application/offset+octet-stream`. */
  @Patch(':id/files/*path')
  @ApiOperation({ summary: 'Sends the next chunk of a file' })
  @ApiParam({ name: 'path', type: String, description: 'of the file in the artifact; may hold slashes' })
  @ApiHeader({
    name: 'upload-offset',
    required: true,
    schema: { type: 'integer', minimum: 0 },
    description: 'where the chunk begins, in bytes: as many as have been sent',
  })
  @ApiResponse({
    status: 204,
    description: 'The chunk is kept.',
    headers: { 'Upload-Offset': { description: "the file's size so far, in bytes", schema: { type: 'integer' } } },
  })
  @HttpCode(204)
  @ApiConsumes('application/offset+octet-stream')
  @ApiBody({ required: true, schema: { type: 'string', format: 'binary' } })
  async append(
    @Param('id') id: string,
    @Param('path') parts: string | string[],
    @Headers('upload-offset') offsetText: string | undefined,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const path = Array.isArray(parts) ? parts.join('/') : parts;
    const offset = /^\d{1,15}$/.test(offsetText ?? '') ? Number(offsetText) : NaN;
    if (Number.isNaN(offset)) {
      const given =
        offsetText === undefined ? 'is missing' : `is '${offsetText.slice(0, 100)}', which is no whole number`;
      throw error('UPLOAD_OFFSET_INVALID', { path, given });
    }
    const after = await this.uploads.append(id, path, offset, request);
    response.setHeader('Upload-Offset', after).end();
  }

  @Post(':id/complete')
  @ApiOperation({ summary: 'Makes an artifact of an upload; asked for again, it gives the same artifact' })
  @HttpCode(201)
  async complete(@Param('id') id: string): Promise<UploadedArtifact> {
    return { id: await this.uploads.complete(id) };
  }

  @Delete(':id')
  @ApiOperation({ summary: 'Gives an upload up' })
  @HttpCode(204)
  async giveUp(@Param('id') id: string): Promise<void> {
    await this.uploads.giveUp(id);
  }
}
