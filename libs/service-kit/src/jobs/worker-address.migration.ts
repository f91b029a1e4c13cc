import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where the worker of an attempt can be asked for its log. */
export class WorkerAddress1764160000000 implements MigrationInterface {
  readonly name = 'WorkerAddress1764160000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE attempt ADD COLUMN worker_url text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE attempt DROP COLUMN worker_url');
  }
}
