import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The index of artifacts with their lineage, pins, uploads under way, and the kinds of third parties. */
export class ArtifactTables1764000000100 implements MigrationInterface {
  readonly name = 'ArtifactTables1764000000100';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE artifact (
        id text PRIMARY KEY,
        sequence bigserial NOT NULL UNIQUE,
        kind text NOT NULL,
        kind_version integer NOT NULL,
        size_bytes bigint NOT NULL,
        -- both null until the store was read
        manifest text,
        metadata jsonb,
        produced_by jsonb,
        stored_at timestamptz NOT NULL DEFAULT now(),
        used_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query('CREATE INDEX artifact_by_kind ON artifact (kind, sequence DESC)');
    await runner.query('CREATE INDEX artifact_unread ON artifact (id) WHERE manifest IS NULL');
    // A parent may be unknown here: an import need not bring everything.
    await runner.query(`
      CREATE TABLE artifact_parent (
        artifact text NOT NULL REFERENCES artifact (id) ON DELETE CASCADE,
        parent text NOT NULL,
        PRIMARY KEY (artifact, parent)
      )`);
    await runner.query('CREATE INDEX artifact_parent_parent ON artifact_parent (parent)');
    await runner.query(`
      CREATE TABLE artifact_pin (
        artifact text PRIMARY KEY REFERENCES artifact (id),
        note text NOT NULL,
        pinned_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE upload (
        id uuid PRIMARY KEY,
        kind text NOT NULL,
        kind_version integer NOT NULL,
        metadata jsonb NOT NULL,
        derived_from text[] NOT NULL,
        files jsonb NOT NULL,
        lease_until timestamptz NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE artifact_kind (
        name text NOT NULL,
        version integer NOT NULL,
        schema jsonb NOT NULL,
        registered_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (name, version)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['artifact_kind', 'upload', 'artifact_pin', 'artifact_parent', 'artifact']) {
      await runner.query(`DROP TABLE ${table}`);
    }
  }
}
