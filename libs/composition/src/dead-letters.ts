import { openSchema } from '@sedge/service-kit';
import type { Database, DeadLetter } from '@sedge/ports';
import type { MigrationInterface, QueryRunner } from 'typeorm';

class DeadLetterTable1764000000000 implements MigrationInterface {
  readonly name = 'DeadLetterTable1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE dead_letter (
        sequence bigserial PRIMARY KEY,
        consumer text NOT NULL,
        subject text NOT NULL,
        event text NOT NULL,
        reason text NOT NULL,
        message text NOT NULL,
        deliveries int NOT NULL,
        kept_at timestamptz NOT NULL DEFAULT now()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE dead_letter');
  }
}

/** Keeps the in-process bus's dead letters in a table of its own, as a broker would keep them in a stream. */
export async function openDeadLetters(database: Database): Promise<(letter: DeadLetter) => Promise<void>> {
  const source = await openSchema(database, {
    name: 'event_bus',
    entities: [],
    migrations: [DeadLetterTable1764000000000],
  });
  return async ({ consumer, subject, event, reason, message, deliveries }) => {
    await source.query(
      `INSERT INTO dead_letter (consumer, subject, event, reason, message, deliveries) VALUES ($1, $2, $3, $4, $5, $6)`,
      [consumer, subject, JSON.stringify(event), reason, message, deliveries],
    );
  };
}
