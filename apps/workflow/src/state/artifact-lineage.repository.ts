import { Injectable } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import { Transactions } from '@sedge/service-kit';
import type { LineageEdge, LineageNode } from '../domain/artifact-view.js';

/** The graph of what was made from what. */
@Injectable()
export class ArtifactLineageRepository {
  constructor(private readonly transactions: Transactions) {}

  /** Edges from an artifact up to everything that it came from. UNION drops what was seen, so that a circle ends. */
  async up(id: Digest, limit: number): Promise<LineageEdge[]> {
    return this.transactions.query(
      `WITH RECURSIVE line AS (
         SELECT artifact, parent FROM artifact_parent WHERE artifact = $1
         UNION SELECT p.artifact, p.parent FROM artifact_parent p JOIN line ON p.artifact = line.parent)
       SELECT artifact, parent FROM line ORDER BY artifact, parent LIMIT $2`,
      [id, limit],
    );
  }

  /** Edges from an artifact down to everything that was made of it. */
  async down(id: Digest, limit: number): Promise<LineageEdge[]> {
    return this.transactions.query(
      `WITH RECURSIVE line AS (
         SELECT artifact, parent FROM artifact_parent WHERE parent = $1
         UNION SELECT p.artifact, p.parent FROM artifact_parent p JOIN line ON p.parent = line.artifact)
       SELECT artifact, parent FROM line ORDER BY artifact, parent LIMIT $2`,
      [id, limit],
    );
  }

  /** Kind and producer of artifacts, for drawing a lineage. */
  async nodes(ids: readonly Digest[]): Promise<LineageNode[]> {
    return this.transactions.query(
      `SELECT id, kind, kind_version AS "kindVersion", size_bytes::float8 AS "sizeBytes", produced_by AS "producedBy",
              stored_at AS "storedAt"
       FROM artifact WHERE id = ANY($1::text[]) ORDER BY sequence DESC`,
      [ids],
    );
  }
}
