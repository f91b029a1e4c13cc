import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A job may take longer than the 24 days that fit into an integer of milliseconds. */
export class LongDurations1764290000000 implements MigrationInterface {
  readonly name = 'LongDurations1764290000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE job ALTER COLUMN duration_ms TYPE double precision');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE job ALTER COLUMN duration_ms TYPE int USING least(duration_ms, 2147483647)::int');
  }
}
