import { Injectable } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import { Transactions, type Transaction } from '@sedge/service-kit';
import type { ItemFailure, RunItem } from '../domain/run-item.js';
import type { RunState } from '../domain/run-progress.js';
import { recordOfItem, type ItemRow, type RunCommand, type RunRow } from './run-row.js';

export type NewRun = Omit<RunRow, 'sequence' | 'revision' | 'failure' | 'retried_at' | 'finished_at'>;

export interface RunChange {
  state: RunState;
  failure: ItemFailure | null;
  finishedAt: Date | null;
  /** given where the run goes on after an end */
  retriedAt?: Date;
}

/** Rows per statement: a batch of this size is a few hundred kilobytes of JSON. */
const BATCH = 500;

/** Runs and their items. */
@Injectable()
export class RunRepository {
  constructor(private readonly transactions: Transactions) {}

  /** @returns false when a run with the same idempotency key is there already */
  async create(transaction: Transaction, run: NewRun, items: readonly RunItem[]): Promise<boolean> {
    const created = await transaction.query(
      `INSERT INTO run (id, mode, workflow, request, workflow_digest, state, item_count, idempotency_key, request_digest, created_at,
         traceparent, request_traceparent)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (idempotency_key) DO NOTHING RETURNING id`,
      [
        run.id,
        run.mode,
        run.workflow,
        JSON.stringify(run.request),
        run.workflow_digest,
        run.state,
        run.item_count,
        run.idempotency_key,
        run.request_digest,
        run.created_at,
        run.traceparent,
        run.request_traceparent,
      ],
    );
    if (created.length === 0) return false;
    await transaction.query(
      `INSERT INTO item (run, number, step, label, state, outputs, retries, revision)
       SELECT $1, number, step, label, 'pending', outputs::jsonb, $6, 0
       FROM unnest($2::int[], $3::text[], $4::text[], $5::text[]) AS new (number, step, label, outputs)`,
      [
        run.id,
        items.map((item) => item.number),
        items.map((item) => item.step),
        items.map((item) => item.label),
        items.map(({ outputs }) => outputs && JSON.stringify(outputs)),
        JSON.stringify(items[0]?.retries ?? {}),
      ],
    );
    return true;
  }

  async find(id: string): Promise<RunRow | null> {
    const [row] = await this.transactions.query<RunRow>('SELECT * FROM run WHERE id = $1', [id]);
    return row ?? null;
  }

  /** The state alone: a run's row holds the text of its workflow, which may be long. */
  async stateOf(id: string): Promise<RunState | null> {
    const [row] = await this.transactions.query<{ state: RunState }>('SELECT state FROM run WHERE id = $1', [id]);
    return row?.state ?? null;
  }

  async findByKey(key: string): Promise<RunRow | null> {
    const [row] = await this.transactions.query<RunRow>('SELECT * FROM run WHERE idempotency_key = $1', [key]);
    return row ?? null;
  }

  /** Notes that a command is carried out. @returns false when its key was noted before */
  async noteCommand(transaction: Transaction, { key, run, name }: RunCommand): Promise<boolean> {
    const noted = await transaction.query(
      'INSERT INTO run_command (key, run, name) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING RETURNING key',
      [key, run, name],
    );
    return noted.length > 0;
  }

  async findCommand(key: string): Promise<RunCommand | null> {
    const [row] = await this.transactions.query<RunCommand>('SELECT key, run, name FROM run_command WHERE key = $1', [
      key,
    ]);
    return row ?? null;
  }

  /** Runs, newest first. @param before sequence of the last one of the page before */
  list(limit: number, before: string | null): Promise<RunRow[]> {
    return this.transactions.query<RunRow>(
      `SELECT * FROM run WHERE mode = 'run' AND ($1::bigint IS NULL OR sequence < $1) ORDER BY sequence DESC LIMIT $2`,
      [before, limit],
    );
  }

  async activeIds(): Promise<string[]> {
    const rows = await this.transactions.query<{ id: string }>(
      `SELECT id FROM run WHERE state = 'running' ORDER BY sequence`,
    );
    return rows.map(({ id }) => id);
  }

  async plansBefore(time: Date): Promise<string[]> {
    const rows = await this.transactions.query<{ id: string }>(
      `SELECT id FROM run WHERE mode = 'plan' AND created_at < $1`,
      [time],
    );
    return rows.map(({ id }) => id);
  }

  /** The items of a run that changed after a revision, or all (-1), in their order. */
  items(run: string, afterRevision: string | -1 = -1): Promise<ItemRow[]> {
    return this.transactions.query<ItemRow>('SELECT * FROM item WHERE run = $1 AND revision > $2 ORDER BY number', [
      run,
      afterRevision,
    ]);
  }

  /** How many items of runs are in which state. */
  async countStates(runs: readonly string[]): Promise<Map<string, Record<string, number>>> {
    const rows = await this.transactions.query<{ run: string; state: string; count: number }>(
      'SELECT run, state, count(*)::int AS count FROM item WHERE run = ANY($1::text[]) GROUP BY run, state',
      [runs],
    );
    const counts = new Map<string, Record<string, number>>(runs.map((run) => [run, {}]));
    for (const { run, state, count } of rows) counts.get(run)![state] = count;
    return counts;
  }

  /** Runs with an item that waits for a job. */
  async waitingFor(job: Digest): Promise<string[]> {
    const rows = await this.transactions.query<{ run: string }>(
      `SELECT DISTINCT run FROM item WHERE job = $1 AND state IN ('requested', 'running')`,
      [job],
    );
    return rows.map(({ run }) => run);
  }

  /** Counts a write. @returns the new revision, or null when somebody else wrote since */
  async advance(transaction: Transaction, run: RunRow, change: RunChange): Promise<string | null> {
    const [row] = await transaction.query<{ revision: string }>(
      `UPDATE run SET revision = revision + 1, state = $3, failure = $4, finished_at = $5, retried_at = coalesce($6, retried_at)
       WHERE id = $1 AND revision = $2 RETURNING revision`,
      [
        run.id,
        run.revision,
        change.state,
        change.failure && JSON.stringify(change.failure),
        change.finishedAt,
        change.retriedAt ?? null,
      ],
    );
    return row?.revision ?? null;
  }

  async saveItems(transaction: Transaction, run: string, items: readonly RunItem[], revision: string): Promise<void> {
    for (let from = 0; from < items.length; from += BATCH) {
      const batch = items.slice(from, from + BATCH).map(recordOfItem);
      await transaction.query(
        `UPDATE item SET state = new.state, decision = new.decision, job = new.job, specification = new.specification,
           outputs = new.outputs, failure = new.failure, note = new.note, retries = new.retries, revision = $3,
           started_at = new.started_at, finished_at = new.finished_at
         FROM jsonb_to_recordset($2::jsonb) AS new (number int, state text, decision text, job text, specification jsonb,
           outputs jsonb, failure jsonb, note text, retries jsonb, started_at timestamptz, finished_at timestamptz)
         WHERE item.run = $1 AND item.number = new.number`,
        [run, JSON.stringify(batch), revision],
      );
    }
  }

  /** The items of the last earlier run of the same workflow that had each step with the same label, where it had a job. */
  previousItems(run: RunRow): Promise<(ItemRow & { run: string })[]> {
    return this.transactions.query<ItemRow & { run: string }>(
      `SELECT DISTINCT ON (old.step, old.label) old.* FROM item AS old
       JOIN run AS old_run ON old_run.id = old.run AND old_run.workflow = $2 AND old_run.mode = 'run' AND old_run.sequence < $3
       JOIN item AS new ON new.run = $1 AND new.step = old.step AND new.label = old.label
       WHERE old.job IS NOT NULL ORDER BY old.step, old.label, old_run.sequence DESC`,
      [run.id, run.workflow, run.sequence],
    );
  }

  async remove(id: string): Promise<void> {
    await this.transactions.query('DELETE FROM run WHERE id = $1', [id]);
  }
}
