import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was removed from the index: what is in neither is not known yet, and must not be taken for garbage. */
export class RemovedArtifacts1764250000000 implements MigrationInterface {
  readonly name = 'RemovedArtifacts1764250000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE removed_artifact (
        id text PRIMARY KEY,
        removed_at timestamptz NOT NULL DEFAULT now()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE removed_artifact');
  }
}
