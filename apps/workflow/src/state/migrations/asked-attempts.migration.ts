import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A request names the attempts that its asker knew of, so that the end of a later one answers it, whenever it arrives. */
export class AskedAttempts1764210000000 implements MigrationInterface {
  readonly name = 'AskedAttempts1764210000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE job ADD COLUMN asked_after integer NOT NULL DEFAULT 0');
    await runner.query(
      `UPDATE job SET asked_after = CASE WHEN state = 'running' THEN greatest(attempt - 1, 0) ELSE attempt END`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE job DROP COLUMN asked_after');
  }
}
