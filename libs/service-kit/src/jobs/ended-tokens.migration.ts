import type { MigrationInterface, QueryRunner } from 'typeorm';

/** By what token an attempt was ended, so that a worker that did not get the answer may say it again. */
export class EndedTokens1764280000000 implements MigrationInterface {
  readonly name = 'EndedTokens1764280000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE attempt ADD COLUMN ended_token text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE attempt DROP COLUMN ended_token');
  }
}
