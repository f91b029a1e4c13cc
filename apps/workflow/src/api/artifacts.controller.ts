import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Answers, Needs, errorsOf } from '@sedge/service-kit';
import { decodeCursor, encodeCursor } from '../domain/artifact-cursor.js';
import { ARTIFACT_ERRORS } from '../domain/artifact-errors.js';
import {
  detailsOf,
  summaryOf,
  type ArtifactDetails,
  type ArtifactPage,
  type Lineage,
} from '../domain/artifact-view.js';
import { ArtifactIndex } from '../state/artifact-index.service.js';
import { ArtifactRemoval } from '../state/artifact-removal.service.js';
import { ArtifactLineageRepository } from '../state/artifact-lineage.repository.js';
import { ArtifactRepository } from '../state/artifact.repository.js';
import { ANSWERS } from './answers.gen.js';
import { artifactIdFrom } from './artifact-id.js';
import { ArtifactListQuery, LineageQuery, PinRequest } from './artifact.dto.js';

const PAGE = 50;
const MAX_LINEAGE_EDGES = 10_000;
const error = errorsOf(ARTIFACT_ERRORS);

/** Artifacts: what there is, what it is, where it came from, and what must stay. */
@Needs('read')
@ApiTags('artifacts')
@Answers(ANSWERS)
@Controller('v1/artifacts')
export class ArtifactsController {
  constructor(
    private readonly index: ArtifactIndex,
    private readonly repository: ArtifactRepository,
    private readonly lineages: ArtifactLineageRepository,
    private readonly removal: ArtifactRemoval,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Lists artifacts, newest first' })
  async list(@Query() query: ArtifactListQuery): Promise<ArtifactPage> {
    const before = query.cursor === undefined ? null : decodeCursor(query.cursor);
    if (query.cursor !== undefined && before === null) throw error('ARTIFACT_CURSOR_INVALID');
    const limit = query.limit ?? PAGE;
    const filter = { kind: query.kind ?? null, derivedFrom: query.derivedFrom ?? null };
    const rows = await this.repository.list({ ...filter, before, limit: limit + 1 });
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    return { items: page.map(summaryOf), nextCursor: rows.length > limit && last ? encodeCursor(last.sequence) : null };
  }

  @Get(':id')
  @ApiOperation({ summary: 'Shows an artifact: manifest, metadata, files' })
  async show(@Param('id') id: string): Promise<ArtifactDetails> {
    return detailsOf(await this.index.get(artifactIdFrom(id)));
  }

  @Get(':id/lineage')
  @ApiOperation({ summary: 'Shows what an artifact was made from, and what was made of it' })
  async lineage(@Param('id') text: string, @Query() { direction = 'both' }: LineageQuery): Promise<Lineage> {
    const id = (await this.index.get(artifactIdFrom(text))).id;
    const up = direction === 'down' ? [] : await this.lineages.up(id, MAX_LINEAGE_EDGES);
    const down = direction === 'up' ? [] : await this.lineages.down(id, MAX_LINEAGE_EDGES);
    const edges = [...up, ...down];
    const ids = [...new Set([id, ...edges.flatMap((edge) => [edge.artifact, edge.parent])])];
    return { artifact: id, nodes: await this.lineages.nodes(ids), edges };
  }

  @Put(':id/pin')
  @Needs('run')
  @ApiOperation({ summary: 'Keeps an artifact from being collected as garbage' })
  @HttpCode(204)
  async pin(@Param('id') text: string, @Body() { note = 'pinned' }: PinRequest): Promise<void> {
    await this.repository.pin((await this.index.get(artifactIdFrom(text))).id, note);
  }

  @Delete(':id/pin')
  @Needs('run')
  @ApiOperation({ summary: 'Takes a pin back' })
  @HttpCode(204)
  async unpin(@Param('id') text: string): Promise<void> {
    await this.repository.unpin((await this.index.get(artifactIdFrom(text))).id);
  }

  @Delete(':id')
  @Needs('admin')
  @ApiOperation({ summary: 'Removes an artifact that nothing needs' })
  @HttpCode(204)
  async remove(@Param('id') text: string): Promise<void> {
    await this.removal.remove(artifactIdFrom(text));
  }
}
