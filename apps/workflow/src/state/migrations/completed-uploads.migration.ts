import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What uploads became, so that a request to complete one that comes again is answered as the first: for as long as the artifact is known. */
export class CompletedUploads1764200000000 implements MigrationInterface {
  readonly name = 'CompletedUploads1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE completed_upload (
        id uuid PRIMARY KEY,
        artifact text NOT NULL REFERENCES artifact (id) ON DELETE CASCADE
      )`);
    await runner.query('CREATE INDEX completed_upload_artifact ON completed_upload (artifact)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE completed_upload');
  }
}
