import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A tool that its stage took back stays known to the runs that name it. */
export class RemovedTools1764300000000 implements MigrationInterface {
  readonly name = 'RemovedTools1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE removed_tool (LIKE tool INCLUDING ALL)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE removed_tool');
  }
}
