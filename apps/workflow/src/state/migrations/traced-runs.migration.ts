import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A run is one trace, which goes on after a restart: its own span is kept, and that of the request that began it. */
export class TracedRuns1764180000000 implements MigrationInterface {
  readonly name = 'TracedRuns1764180000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE run ADD COLUMN traceparent text, ADD COLUMN request_traceparent text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE run DROP COLUMN traceparent, DROP COLUMN request_traceparent');
  }
}
