import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The key by which a request for an upload is known when it comes once more, so that whoever was interrupted goes on with the same upload. */
export class UploadKeys1764240000000 implements MigrationInterface {
  readonly name = 'UploadKeys1764240000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE upload ADD COLUMN key text UNIQUE');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE upload DROP COLUMN key');
  }
}
