import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The tables that every service has: events on their way out, and events that were handled. */
export class EventTables1764000000000 implements MigrationInterface {
  readonly name = 'EventTables1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE outbox (
        sequence bigserial PRIMARY KEY,
        subject text NOT NULL,
        event text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE inbox (
        consumer text NOT NULL,
        source text NOT NULL,
        event text NOT NULL,
        handled_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (consumer, source, event)
      )`);
    await runner.query('CREATE INDEX inbox_handled_at ON inbox (handled_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE inbox');
    await runner.query('DROP TABLE outbox');
  }
}
