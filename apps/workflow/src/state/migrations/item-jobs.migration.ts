import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Estimates look up the parameters of past jobs, which the items hold that asked for them. */
export class ItemJobs1764108000000 implements MigrationInterface {
  readonly name = 'ItemJobs1764108000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX item_job ON item (job) WHERE job IS NOT NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX item_job');
  }
}
