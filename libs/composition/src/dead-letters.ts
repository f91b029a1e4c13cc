import type { CloudEvent } from '@sedge/event-contracts';
import type { Database, DeadLetter, DeadLetters, KeptLetter } from '@sedge/ports';
import { openSchema } from '@sedge/service-kit';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';

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

interface Row {
  sequence: string;
  consumer: string;
  subject: string;
  event: string;
  reason: string;
  message: string;
  deliveries: number;
  kept_at: Date;
}

const COLUMNS = 'sequence, consumer, subject, event, reason, message, deliveries, kept_at';

/** Keeps the in-process bus's dead letters in a table of its own, as a broker keeps them in a stream. */
export class TableDeadLetters implements DeadLetters {
  private constructor(
    private readonly source: DataSource,
    private readonly publish: (subject: string, event: CloudEvent) => Promise<void>,
  ) {}

  /** @param publish by which a letter is sent again */
  static async open(database: Database, publish: TableDeadLetters['publish']): Promise<TableDeadLetters> {
    const schema = { name: 'event_bus', entities: [], migrations: [DeadLetterTable1764000000000] };
    return new TableDeadLetters(await openSchema(database, schema), publish);
  }

  async keep({ consumer, subject, event, reason, message, deliveries }: DeadLetter): Promise<void> {
    await this.source.query(
      `INSERT INTO dead_letter (consumer, subject, event, reason, message, deliveries) VALUES ($1, $2, $3, $4, $5, $6)`,
      // The database takes neither half a character nor the one of code 0 in a text.
      [consumer, subject, JSON.stringify(event), reason, message.toWellFormed().replaceAll('\0', '\ufffd'), deliveries],
    );
  }

  async list(limit: number, after = '0'): Promise<KeptLetter[]> {
    const rows = (await this.source.query(
      `SELECT ${COLUMNS} FROM dead_letter WHERE sequence > $1::bigint ORDER BY sequence LIMIT $2`,
      [after, limit],
    )) as Row[];
    return rows.map(letterOf);
  }

  async count(): Promise<number> {
    const [row] = (await this.source.query('SELECT count(*)::int AS count FROM dead_letter')) as { count: number }[];
    return row!.count;
  }

  async find(id: string): Promise<KeptLetter | null> {
    if (!IS_ID.test(id)) return null;
    const [row] = (await this.source.query(`SELECT ${COLUMNS} FROM dead_letter WHERE sequence = $1::bigint`, [
      id,
    ])) as Row[];
    return row ? letterOf(row) : null;
  }

  async replay(id: string): Promise<boolean> {
    const letter = await this.find(id);
    if (letter === null) return false;
    await this.publish(letter.subject, letter.event as CloudEvent);
    return this.discard(id);
  }

  async discard(id: string): Promise<boolean> {
    if (!IS_ID.test(id)) return false;
    const [rows] = (await this.source.query('DELETE FROM dead_letter WHERE sequence = $1::bigint RETURNING sequence', [
      id,
    ])) as [unknown[], number];
    return rows.length > 0;
  }
}

const IS_ID = /^\d{1,18}$/;

function letterOf({ sequence, event, kept_at: keptAt, ...letter }: Row): KeptLetter {
  return { ...letter, id: sequence, event: JSON.parse(event) as unknown, keptAt };
}
