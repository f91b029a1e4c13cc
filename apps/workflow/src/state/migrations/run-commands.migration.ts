import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Requests to retry or cancel a run by their keys, so that one that comes again is known: for as long as the run is. */
export class RunCommands1764220000000 implements MigrationInterface {
  readonly name = 'RunCommands1764220000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE run_command (
        key text PRIMARY KEY,
        run text NOT NULL REFERENCES run (id) ON DELETE CASCADE,
        name text NOT NULL CHECK (name IN ('retry', 'cancel')),
        noted_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query('CREATE INDEX run_command_run ON run_command (run)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE run_command');
  }
}
