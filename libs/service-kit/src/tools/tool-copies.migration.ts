import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which copy of the stage has which tools: while a stage is replaced by its next version, copies have different ones. */
export class ToolCopies1764190000000 implements MigrationInterface {
  readonly name = 'ToolCopies1764190000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE tool_copy (
        worker text NOT NULL,
        name text NOT NULL,
        digest text NOT NULL,
        seen_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (worker, name)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE tool_copy');
  }
}
