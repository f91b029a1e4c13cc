import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The list of runs comes newest first and passes over plans, of which there are many more where people plan often. */
export class NewestRuns1764022500000 implements MigrationInterface {
  readonly name = 'NewestRuns1764022500000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE INDEX run_newest ON run (sequence DESC) WHERE mode = 'run'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX run_newest');
  }
}
