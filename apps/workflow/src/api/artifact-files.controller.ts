import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { filesOf, parseManifest, type ArtifactFile, type Digest } from '@sedge/artifact-contracts';
import { ARTIFACT_STORE, type ArtifactStore } from '@sedge/ports';
import { Answers, Needs, errorsOf, type Bytes } from '@sedge/service-kit';
import type { Request, Response } from 'express';
import { pipeline } from 'node:stream/promises';
import { ARTIFACT_ERRORS } from '../domain/artifact-errors.js';
import { namesEntityTag, parseRange, type RangeRequest } from '../domain/artifact-range.js';
import { mediaTypeOf } from '../domain/artifact-view.js';
import { ArtifactIndex } from '../state/artifact-index.service.js';
import { asArtifactError } from '../state/artifact-reader.service.js';
import { ANSWERS } from './answers.gen.js';
import { artifactIdFrom } from './artifact-id.js';

const error = errorsOf(ARTIFACT_ERRORS);

/** The files of artifacts, whole or in part. The express parameter `*path` holds the parts of a path. */
@Needs('read')
@ApiTags('artifacts')
@Answers(ANSWERS)
@Controller('v1/artifacts/:id/files')
export class ArtifactFilesController {
  constructor(
    private readonly index: ArtifactIndex,
    @Inject(ARTIFACT_STORE) private readonly store: ArtifactStore,
  ) {}

  @Get('*path')
  @ApiOperation({ summary: 'Gives a file of an artifact, whole or in ranges' })
  @ApiResponse({ status: 200 })
  @ApiResponse({ status: 206, description: 'The part of the file that the header Range asks for.' })
  @ApiResponse({ status: 304, description: 'The header If-None-Match names the file as it is.' })
  @ApiParam({ name: 'path', type: String, description: 'of the file in the artifact; may hold slashes' })
  async read(
    @Param('id') text: string,
    @Param('path') parts: string | string[],
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<Bytes<'*/*'>> {
    const id = artifactIdFrom(text);
    const file = await this.fileOf(id, Array.isArray(parts) ? parts.join('/') : parts);
    const tag = `"${file.digest}"`;
    if (namesEntityTag(request.header('if-none-match'), tag)) {
      setHeaders(response, file);
      return void response.status(304).end();
    }
    const isStale = request.header('if-range') !== undefined && request.header('if-range') !== tag;
    const range = parseRange(isStale ? undefined : request.header('range'), file.sizeBytes);
    if (range.kind === 'unsatisfiable') {
      response.setHeader('Content-Range', `bytes */${file.sizeBytes}`);
      throw error('ARTIFACT_RANGE_INVALID', { range: request.header('range'), size: file.sizeBytes });
    }
    await this.send(id, file, range, request, response);
  }

  private async fileOf(id: Digest, path: string): Promise<ArtifactFile> {
    const files = filesOf(parseManifest((await this.index.get(id)).manifest));
    const file = files.find((candidate) => candidate.path === path);
    if (!file) throw error('ARTIFACT_FILE_UNKNOWN', { id, path, files: files.map((each) => each.path).join(', ') });
    return file;
  }

  private async send(
    id: Digest,
    file: ArtifactFile,
    range: Exclude<RangeRequest, { kind: 'unsatisfiable' }>,
    request: Request,
    response: Response,
  ): Promise<void> {
    // Read as a range even when it is whole: a range is verified before its first byte leaves, a whole read only at its end.
    const wanted = range.kind === 'part' ? range : { start: 0, end: file.sizeBytes - 1 };
    const content = await this.store.read(file.digest, wanted).catch((fault: unknown) => {
      throw asArtifactError(fault, id, file.path);
    });
    setHeaders(response, file);
    response.setHeader('Content-Length', wanted.end - wanted.start + 1);
    if (range.kind === 'part') {
      response.status(206).setHeader('Content-Range', `bytes ${wanted.start}-${wanted.end}/${file.sizeBytes}`);
    }
    if (request.method === 'HEAD') {
      content.destroy();
      return void response.end();
    }
    await pipeline(content, response).catch(() => response.destroy());
  }
}

/** Set only when the content follows: an error must not be cached. Reports of third parties are shown by the same server as the API, so that no script in them may run. */
function setHeaders(response: Response, file: ArtifactFile): void {
  response.setHeader('ETag', `"${file.digest}"`);
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('Cache-Control', 'private, max-age=31536000, immutable');
  response.setHeader('Content-Type', mediaTypeOf(file.path));
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader(
    'Content-Security-Policy',
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:",
  );
}
