import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A run that is retried takes from then to its end: the time in which it lay failed is nobody's work. */
export class RetriedRuns1764162000000 implements MigrationInterface {
  readonly name = 'RetriedRuns1764162000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE run ADD COLUMN retried_at timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE run DROP COLUMN retried_at');
  }
}
