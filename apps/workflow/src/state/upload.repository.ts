import { Injectable } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import { Transactions, type Transaction } from '@sedge/service-kit';

export interface UploadFile {
  path: string;
  sizeBytes: number;
  /** what the bytes must have, or null */
  digest: Digest | null;
}

/** An artifact on its way in. */
export interface Upload {
  id: string;
  kind: string;
  kindVersion: number;
  metadata: Record<string, unknown>;
  derivedFrom: Digest[];
  files: UploadFile[];
  leaseUntil: Date;
}

const COLUMNS = `id, kind, kind_version AS "kindVersion", metadata, derived_from AS "derivedFrom", files, lease_until AS "leaseUntil"`;

/** Uploads under way. Each chunk renews the lease; an upload whose lease ended is given up. */
@Injectable()
export class UploadRepository {
  constructor(private readonly transactions: Transactions) {}

  /** @param key by which the same request is known, or null @returns null where an upload with that key is under way */
  async add(upload: Omit<Upload, 'leaseUntil'>, key: string | null, leaseMs: number): Promise<Upload | null> {
    const { id, kind, kindVersion, metadata, derivedFrom, files } = upload;
    const rows = await this.transactions.query<Upload>(
      `INSERT INTO upload (id, kind, kind_version, metadata, derived_from, files, lease_until, key)
       VALUES ($1, $2, $3, $4::jsonb, $5::text[], $6::jsonb, now() + make_interval(secs => $7), $8)
       ON CONFLICT (key) DO NOTHING RETURNING ${COLUMNS}`,
      [id, kind, kindVersion, JSON.stringify(metadata), derivedFrom, JSON.stringify(files), leaseMs / 1000, key],
    );
    return rows[0] ?? null;
  }

  /** Finds an upload by its key and renews the lease, also one that ended, for as long as the upload was not given up. */
  async resume(key: string, leaseMs: number): Promise<Upload | null> {
    const rows = await this.transactions.query<Upload>(
      `UPDATE upload SET lease_until = now() + make_interval(secs => $2) WHERE key = $1 RETURNING ${COLUMNS}`,
      [key, leaseMs / 1000],
    );
    return rows[0] ?? null;
  }

  /** Finds an upload under lease and renews the lease. */
  async renew(id: string, leaseMs: number): Promise<Upload | null> {
    const rows = await this.transactions.query<Upload>(
      `UPDATE upload SET lease_until = now() + make_interval(secs => $2)
       WHERE id = $1 AND lease_until > now() RETURNING ${COLUMNS}`,
      [id, leaseMs / 1000],
    );
    return rows[0] ?? null;
  }

  async remove(id: string): Promise<void> {
    await this.transactions.query('DELETE FROM upload WHERE id = $1', [id]);
  }

  /** Ends an upload with what it became. @returns false where it is not under way any more */
  async complete(tx: Transaction, id: string, artifact: Digest): Promise<boolean> {
    const ended = await tx.query('DELETE FROM upload WHERE id = $1 RETURNING id', [id]);
    if (ended.length === 0) return false;
    await tx.query('INSERT INTO completed_upload (id, artifact) VALUES ($1, $2)', [id, artifact]);
    return true;
  }

  /** What an upload became; null where it was not completed, or the artifact is gone. */
  async artifactOf(id: string): Promise<Digest | null> {
    const rows = await this.transactions.query<{ artifact: Digest }>(
      'SELECT artifact FROM completed_upload WHERE id = $1',
      [id],
    );
    return rows[0]?.artifact ?? null;
  }

  /** What uploads under lease were made from: it must stay until they are complete. */
  async parentsUnderLease(): Promise<{ upload: string; artifact: Digest }[]> {
    return this.transactions.query(
      'SELECT id AS upload, unnest(derived_from) AS artifact FROM upload WHERE lease_until > now()',
    );
  }

  /** Which of these are under way, or were not given up yet. */
  async known(ids: readonly string[]): Promise<Set<string>> {
    const rows = await this.transactions.query<{ id: string }>(
      'SELECT id::text FROM upload WHERE id::text = ANY($1::text[])',
      [ids],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Gives up uploads whose lease ended. */
  async removeExpired(): Promise<void> {
    await this.transactions.query('DELETE FROM upload WHERE lease_until <= now()');
  }
}
