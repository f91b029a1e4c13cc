import { Injectable } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import type { ArtifactProducer, ArtifactStoredData } from '@sedge/event-contracts';
import { Transactions, type Transaction } from '@sedge/service-kit';

/** An artifact as the index has it. */
export interface ArtifactRow {
  id: Digest;
  kind: string;
  kindVersion: number;
  sizeBytes: number;
  /** null until the store was read */
  manifest: string | null;
  metadata: Record<string, unknown> | null;
  producedBy: ArtifactProducer | null;
  derivedFrom: Digest[];
  pin: string | null;
  storedAt: Date;
  usedAt: Date;
  sequence: string;
}

export interface ArtifactQuery {
  kind: string | null;
  /** only those that were made from this one, directly */
  derivedFrom: Digest | null;
  /** only those with a smaller sequence */
  before: string | null;
  limit: number;
}

const COLUMNS = `a.id, a.kind, a.kind_version AS "kindVersion", a.size_bytes::float8 AS "sizeBytes", a.manifest, a.metadata,
  a.produced_by AS "producedBy", a.stored_at AS "storedAt", a.used_at AS "usedAt", a.sequence::text AS sequence,
  (SELECT note FROM artifact_pin p WHERE p.artifact = a.id) AS pin,
  ARRAY(SELECT parent FROM artifact_parent p WHERE p.artifact = a.id ORDER BY parent) AS "derivedFrom"`;

/** The index of artifacts. */
@Injectable()
export class ArtifactRepository {
  constructor(private readonly transactions: Transactions) {}

  /** Notes an artifact; one that is known already learns its further parents and, where it had none, its producer. */
  async add(tx: Transaction, data: ArtifactStoredData): Promise<void> {
    await tx.query(
      `INSERT INTO artifact (id, kind, kind_version, size_bytes, produced_by) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (id) DO UPDATE SET used_at = now(), produced_by = coalesce(artifact.produced_by, excluded.produced_by)`,
      [
        data.artifact,
        data.kind,
        data.kindVersion,
        data.sizeBytes,
        data.producedBy ? JSON.stringify(data.producedBy) : null,
      ],
    );
    await tx.query('DELETE FROM removed_artifact WHERE id = $1', [data.artifact]);
    const parents = data.derivedFrom.filter((parent) => parent !== data.artifact);
    if (parents.length === 0) return;
    await tx.query(
      'INSERT INTO artifact_parent (artifact, parent) SELECT DISTINCT $1, unnest($2::text[]) ON CONFLICT DO NOTHING',
      [data.artifact, parents],
    );
  }

  /** Notes what the store says of an artifact. */
  async describe(id: Digest, manifest: string, metadata: unknown): Promise<void> {
    await this.transactions.query('UPDATE artifact SET manifest = $2, metadata = $3::jsonb WHERE id = $1', [
      id,
      manifest,
      JSON.stringify(metadata),
    ]);
  }

  async find(id: Digest): Promise<ArtifactRow | null> {
    const rows = await this.transactions.query<ArtifactRow>(`SELECT ${COLUMNS} FROM artifact a WHERE id = $1`, [id]);
    return rows[0] ?? null;
  }

  /** Newest first. */
  async list({ kind, derivedFrom, before, limit }: ArtifactQuery): Promise<ArtifactRow[]> {
    return this.transactions.query<ArtifactRow>(
      `SELECT ${COLUMNS} FROM artifact a
       WHERE ($1::text IS NULL OR a.kind = $1)
         AND ($2::text IS NULL OR EXISTS (SELECT 1 FROM artifact_parent p WHERE p.artifact = a.id AND p.parent = $2))
         AND ($3::bigint IS NULL OR a.sequence < $3)
       ORDER BY a.sequence DESC LIMIT $4`,
      [kind, derivedFrom, before, limit],
    );
  }

  /** Everything in the index, for the garbage collection. */
  async all(): Promise<ArtifactRow[]> {
    return this.transactions.query<ArtifactRow>(`SELECT ${COLUMNS} FROM artifact a ORDER BY a.id`);
  }

  /** Artifacts whose manifest the index has not read yet. */
  async unread(): Promise<Digest[]> {
    const rows = await this.transactions.query<{ id: Digest }>('SELECT id FROM artifact WHERE manifest IS NULL');
    return rows.map((row) => row.id);
  }

  /**
   * Marks artifacts as asked for now, which keeps the garbage collection from them for an hour.
   * @returns those that are there: the others are unknown, or were removed just before
   */
  async touch(ids: readonly Digest[], within: Pick<Transaction, 'query'> = this.transactions): Promise<Set<Digest>> {
    if (ids.length === 0) return new Set();
    // In one order, so that two that touch the same ones never wait for each other.
    const rows = await within.query<{ id: Digest }>(
      `WITH chosen AS (SELECT id FROM artifact WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE)
       UPDATE artifact SET used_at = now() FROM chosen WHERE artifact.id = chosen.id RETURNING artifact.id`,
      [ids],
    );
    return new Set(rows.map((row) => row.id));
  }

  async pin(id: Digest, note: string): Promise<void> {
    await this.transactions.query(
      'INSERT INTO artifact_pin (artifact, note) VALUES ($1, $2) ON CONFLICT (artifact) DO UPDATE SET note = excluded.note',
      [id, note],
    );
  }

  async unpin(id: Digest): Promise<void> {
    await this.transactions.query('DELETE FROM artifact_pin WHERE artifact = $1', [id]);
  }

  async pins(): Promise<{ artifact: Digest; note: string }[]> {
    return this.transactions.query('SELECT artifact, note FROM artifact_pin ORDER BY artifact');
  }

  /** @returns artifacts that were made from this one, at most `limit` */
  async childrenOf(id: Digest, limit: number): Promise<Digest[]> {
    const rows = await this.transactions.query<{ artifact: Digest }>(
      'SELECT artifact FROM artifact_parent WHERE parent = $1 ORDER BY artifact LIMIT $2',
      [id, limit],
    );
    return rows.map((row) => row.artifact);
  }

  /**
   * Removes artifacts from the index and notes that, except those that were pinned or asked for since.
   * @returns those that are removed
   */
  async remove(ids: readonly Digest[], usedBefore: Date): Promise<Digest[]> {
    const rows = await this.transactions.query<{ id: Digest }>(
      `WITH chosen AS (
         SELECT id FROM artifact WHERE id = ANY($1::text[]) AND used_at < $2
           AND NOT EXISTS (SELECT 1 FROM artifact_pin p WHERE p.artifact = artifact.id) ORDER BY id FOR UPDATE
       ), gone AS (
         DELETE FROM artifact USING chosen WHERE artifact.id = chosen.id RETURNING artifact.id
       ), noted AS (
         INSERT INTO removed_artifact (id) SELECT id FROM gone ON CONFLICT (id) DO UPDATE SET removed_at = now()
       )
       SELECT id FROM gone`,
      [ids, usedBefore],
    );
    return rows.map((row) => row.id);
  }

  /** When artifacts were removed that did not come again since. @param ids null for all */
  async removals(ids: readonly Digest[] | null): Promise<Map<Digest, Date>> {
    if (ids?.length === 0) return new Map();
    const rows = await this.transactions.query<{ id: Digest; removed_at: Date }>(
      'SELECT id, removed_at FROM removed_artifact WHERE $1::text[] IS NULL OR id = ANY($1::text[])',
      [ids],
    );
    return new Map(rows.map((row) => [row.id, row.removed_at]));
  }

  /** Forgets removals of which nothing is left in the store. */
  async forgetRemovals(ids: readonly Digest[]): Promise<void> {
    await this.transactions.query('DELETE FROM removed_artifact WHERE id = ANY($1::text[])', [ids]);
  }
}
