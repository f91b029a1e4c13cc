import { Inject, Injectable } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import type { JobRequestedData } from '@sedge/event-contracts';
import { HOST, type Host } from '../host.js';
import { Transactions, type Transaction } from '../state/transactions.service.js';
import { isForThisCopy } from '../tools/tool-copies.service.js';
import { OUTSIDE, type AttemptRow, type Fence, type JobRow } from './job.js';
import type { OutsideWorkers } from './job-wait.js';

/** A worker outside that was just told of a job, or gave one back, claims it within this time. */
const WAITING_OUTSIDE_S = 60;
const MOST_OFFERED = 1000;
const TURN_S = 300;

/** A job, a run that waits for it, and a number that grows by one while it waits for five minutes more. */
export type AskedJob = JobRow & { run: string; turn: number };

/** What a finished attempt leaves in its row. */
export interface AttemptEnd {
  outcome: NonNullable<AttemptRow['outcome']>;
  class?: string;
  code?: string;
  message?: string;
}

/** The stage's jobs. Methods with a transaction belong to a change that also publishes; the rest are single statements. */
@Injectable()
export class JobRepository {
  constructor(
    private readonly transactions: Transactions,
    @Inject(HOST) private readonly host: Host,
  ) {}

  /** Inserts the job unless it is there, and notes that a run waits for it. @returns whether it is new */
  async insert(transaction: Transaction, data: JobRequestedData, context: RequestContext): Promise<boolean> {
    const { tool } = data;
    const rows = await transaction.query(
      `WITH waiting AS (
         INSERT INTO subscription (job, run, asked_at) VALUES ($1, $8, $9)
         ON CONFLICT (job, run) DO UPDATE SET asked_at = excluded.asked_at
       )
       INSERT INTO job (id, tool_name, tool_version, tool_digest, parameters, inputs, machine, correlation_id, traceparent)
       SELECT $1, $2, $3, $4, $5::jsonb, $6::jsonb, $7::jsonb, $10, $11
       WHERE NOT EXISTS (SELECT 1 FROM subscription WHERE job = $1 AND run = $8 AND left_at >= $9)
       ON CONFLICT (id) DO NOTHING
       RETURNING id`,
      [
        data.job,
        tool.name,
        tool.version,
        tool.digest,
        JSON.stringify(data.parameters),
        JSON.stringify(data.inputs),
        JSON.stringify(data.machine),
        data.run,
        context.askedAt,
        context.correlationId ?? null,
        context.traceparent ?? null,
      ],
    );
    return rows.length > 0;
  }

  /** A run leaves. Its leaving is kept, so that a request of an earlier time that comes later does not bring it back. */
  async unsubscribe(transaction: Transaction, job: Digest, run: string, leftAt: Date): Promise<void> {
    await transaction.query(
      `INSERT INTO subscription (job, run, asked_at, left_at) VALUES ($1, $2, $3, $3)
       ON CONFLICT (job, run) DO UPDATE SET left_at = excluded.left_at`,
      [job, run, leftAt],
    );
  }

  async hasSubscribers(transaction: Transaction, job: Digest): Promise<boolean> {
    const rows = await transaction.query(
      'SELECT 1 FROM subscription WHERE job = $1 AND (left_at IS NULL OR left_at < asked_at) LIMIT 1',
      [job],
    );
    return rows.length > 0;
  }

  async lock(transaction: Transaction, job: Digest): Promise<JobRow | null> {
    const [row] = await transaction.query<JobRow>('SELECT * FROM job WHERE id = $1 FOR UPDATE', [job]);
    return row ?? null;
  }

  async find(job: Digest): Promise<JobRow | null> {
    const [row] = await this.transactions.query<JobRow>('SELECT * FROM job WHERE id = $1', [job]);
    return row ?? null;
  }

  attemptsOf(job: Digest): Promise<AttemptRow[]> {
    return this.transactions.query<AttemptRow>(
      `SELECT number, worker, worker_url, started_at, finished_at, outcome, class, code, message
       FROM attempt WHERE job = $1 ORDER BY number`,
      [job],
    );
  }

  /** What the jobs of a tool tell of the workers outside that do them. One that lost its lease was silent for as long as that. */
  async outsideWorkersOf(tool: string): Promise<OutsideWorkers> {
    const [row] = await this.transactions.query<{ busy: number; seen_at: Date | null }>(
      `SELECT (SELECT count(*)::int FROM job WHERE tool_name = $1 AND state = 'running' AND worker LIKE '${OUTSIDE}%'
           AND lease_until > now()) AS busy,
         (SELECT max(CASE
             WHEN attempt.finished_at IS NULL THEN greatest(started_at, lease_until - make_interval(secs => $2))
             WHEN outcome = 'preempted' THEN greatest(started_at, attempt.finished_at - make_interval(secs => $2))
             ELSE attempt.finished_at END)
           FROM job JOIN attempt ON attempt.job = job.id
           WHERE tool_name = $1 AND attempt.worker LIKE '${OUTSIDE}%') AS seen_at`,
      [tool, this.host.leaseS],
    );
    return { busy: row!.busy, seenAt: row!.seen_at };
  }

  /** Jobs of a tool that only workers outside run, which have waited for one for a while, each with a run that waits for it. */
  waitingOutside(tool: string): Promise<AskedJob[]> {
    return this.transactions.query<AskedJob>(
      `SELECT job.*, asker.run, floor(extract(epoch FROM now() - due_at) / $4)::int AS turn FROM job, LATERAL (
         SELECT run FROM subscription WHERE subscription.job = job.id AND (left_at IS NULL OR left_at < asked_at) ORDER BY run LIMIT 1
       ) AS asker
       WHERE state = 'queued' AND tool_name = $1 AND due_at < now() - make_interval(secs => $2)
       ORDER BY due_at, sequence LIMIT $3`,
      [tool, WAITING_OUTSIDE_S, MOST_OFFERED, TURN_S],
    );
  }

  /** Puts a finished job back into the queue, with its budgets full again, for the run that asks now. */
  async requeue(transaction: Transaction, job: Digest, context: RequestContext): Promise<void> {
    await transaction.query(
      `UPDATE job SET state = 'queued', due_at = now(), is_cancel_requested = false, transient_failures = 0,
         preempted_failures = 0, failure = NULL, finished_at = NULL, requested_at = now(),
         correlation_id = $2, traceparent = $3 WHERE id = $1`,
      [job, context.correlationId ?? null, context.traceparent ?? null],
    );
  }

  /** Attempts that failed for one of these reasons since the job was queued last. */
  async countFailures(transaction: Transaction, job: JobRow, codes: readonly string[]): Promise<number> {
    const [row] = await transaction.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM attempt WHERE job = $1 AND code = ANY ($2::text[]) AND started_at >= $3',
      [job.id, codes, job.requested_at],
    );
    return row!.count;
  }

  async setCancelRequested(transaction: Transaction, job: Digest, isRequested: boolean): Promise<void> {
    await transaction.query('UPDATE job SET is_cancel_requested = $2 WHERE id = $1', [job, isRequested]);
  }

  /** The tool of the job that is next in line, without taking it. @param except tools that only workers outside run */
  nextToolExcept(names: string[]): Promise<string | null> {
    return this.nextTool(names, false);
  }

  /** The same among some tools. */
  async nextToolOf(names: string[]): Promise<string | null> {
    return names.length === 0 ? null : this.nextTool(names, true);
  }

  private async nextTool(names: string[], isAmong: boolean): Promise<string | null> {
    const [row] = await this.transactions.query<{ tool_name: string }>(
      `SELECT tool_name FROM job WHERE state = 'queued' AND due_at <= now() AND (tool_name = ANY ($1::text[])) = $2
         AND ${isForThisCopy('$3')}
       ORDER BY due_at, sequence LIMIT 1`,
      [names, isAmong, this.host.worker],
    );
    return row?.tool_name ?? null;
  }

  /** Milliseconds until the next queued job is due, or null when none waits for its time. */
  async nextDueMs(): Promise<number | null> {
    const [row] = await this.transactions.query<{ ms: number | null }>(
      `SELECT (extract(epoch FROM min(due_at) - now()) * 1000)::float8 AS ms FROM job WHERE state = 'queued' AND due_at > now()`,
    );
    return row?.ms ?? null;
  }

  /** Takes the next job of a tool: a new attempt with a new token begins. */
  async claimNext(transaction: Transaction, tool: string, token: string): Promise<JobRow | null> {
    const [row] = await transaction.query<JobRow>(
      `WITH claimed AS (
         UPDATE job SET ${CLAIM} WHERE id = (
           SELECT id FROM job WHERE state = 'queued' AND due_at <= now() AND tool_name = $1 AND ${isForThisCopy('$2')}
           ORDER BY due_at, sequence LIMIT 1 FOR UPDATE SKIP LOCKED
         ) RETURNING *
       ), begun AS (INSERT INTO attempt (job, number, worker, worker_url) SELECT id, attempt, $2, $5 FROM claimed)
       SELECT * FROM claimed`,
      [tool, this.host.worker, token, this.host.leaseS, this.host.url],
    );
    return row ?? null;
  }

  /** Takes this very job, for a worker that asks for it by id. @returns null where it isn't queued and due */
  async claim(transaction: Transaction, job: Digest, worker: string, token: string): Promise<JobRow | null> {
    const [row] = await transaction.query<JobRow>(
      `WITH claimed AS (
         UPDATE job SET ${CLAIM} WHERE id = $1 AND state = 'queued' AND due_at <= now() RETURNING *
       ), begun AS (INSERT INTO attempt (job, number, worker) SELECT id, attempt, $2 FROM claimed)
       SELECT * FROM claimed`,
      [job, worker, token, this.host.leaseS],
    );
    return row ?? null;
  }

  /** Extends the lease. @returns null where the attempt is no longer the current one */
  async heartbeat({ job, attempt, token }: Fence): Promise<{ isCancelRequested: boolean; leaseUntil: Date } | null> {
    const [row] = await this.transactions.query<{ is_cancel_requested: boolean; lease_until: Date }>(
      `UPDATE job SET lease_until = now() + make_interval(secs => $4)
       WHERE id = $1 AND attempt = $2 AND token = $3 AND state = 'running' RETURNING is_cancel_requested, lease_until`,
      [job, attempt, token, this.host.leaseS],
    );
    return row ? { isCancelRequested: row.is_cancel_requested, leaseUntil: row.lease_until } : null;
  }

  /** Locks the job for the end of an attempt. @returns null where the attempt is no longer the current one: then it changes nothing */
  async lockFenced(transaction: Transaction, { job, attempt, token }: Fence): Promise<JobRow | null> {
    const [row] = await transaction.query<JobRow>(
      `SELECT * FROM job WHERE id = $1 AND attempt = $2 AND token = $3 AND state = 'running' FOR UPDATE`,
      [job, attempt, token],
    );
    return row ?? null;
  }

  /**
   * Ends the current attempt and moves the job on, in one statement.
   * @returns the job as it is now; null where the attempt is no longer the current one: then nothing changed
   */
  async endAttempt(
    transaction: Transaction,
    { job, attempt, token }: Fence,
    end: AttemptEnd,
    change: JobChange,
  ): Promise<EndedJob | null> {
    const [row] = await transaction.query<EndedJob>(
      `WITH moved AS (
         UPDATE job SET state = $8, token = NULL, lease_until = NULL,
           due_at = now() + make_interval(secs => $9::float8 / 1000),
           outputs = coalesce($10::jsonb, outputs), duration_ms = coalesce($11, duration_ms), failure = $12::jsonb,
           transient_failures = coalesce($13, transient_failures), preempted_failures = coalesce($14, preempted_failures),
           finished_at = CASE WHEN $8 = 'queued' THEN NULL ELSE now() END
         WHERE id = $1 AND attempt = $2 AND token = $3 AND state = 'running' RETURNING *
       ), ended AS (
         UPDATE attempt SET finished_at = now(), outcome = $4, class = $5, code = $6, message = $7, ended_token = $3
         FROM moved WHERE attempt.job = moved.id AND attempt.number = moved.attempt
         RETURNING extract(epoch FROM now() - attempt.started_at)::float8 AS attempt_seconds
       )
       SELECT moved.*, ended.attempt_seconds FROM moved, ended`,
      [
        job,
        attempt,
        token,
        end.outcome,
        end.class ?? null,
        end.code ?? null,
        end.message ?? null,
        change.state,
        change.delayMs ?? 0,
        change.outputs ? JSON.stringify(change.outputs) : null,
        change.durationMs ?? null,
        change.failure ? JSON.stringify(change.failure) : null,
        change.transientFailures ?? null,
        change.preemptedFailures ?? null,
      ],
    );
    return row ?? null;
  }

  /** The attempt that was ended by this very token, and its job. @returns null where it goes on, or was taken away */
  async endedBy({ job, attempt, token }: Fence): Promise<EndedAttempt | null> {
    const [row] = await this.transactions.query<EndedAttempt>(
      `SELECT outcome, class, code, job.state, job.attempt, job.outputs FROM attempt JOIN job ON job.id = attempt.job
       WHERE attempt.job = $1 AND number = $2 AND ended_token = $3`,
      [job, attempt, token],
    );
    return row ?? null;
  }

  async markCancelled(transaction: Transaction, job: Digest): Promise<void> {
    await transaction.query(
      `UPDATE job SET state = 'cancelled', is_cancel_requested = false, finished_at = now() WHERE id = $1`,
      [job],
    );
  }

  /** Running jobs whose worker seems dead: its lease expired, or no other process than this one exists. */
  async abandoned(): Promise<JobRow[]> {
    const { worker, isAlone } = this.host;
    return this.transactions.query<JobRow>(`SELECT * FROM job WHERE ${abandonedBy('$1', '$2')}`, [worker, isAlone]);
  }

  /**
   * Locks the job of an abandoned attempt for its end.
   * @returns null where it is no longer the current one, its lease was extended meanwhile, or somebody else has it locked
   */
  async lockAbandoned(transaction: Transaction, { job, attempt, token }: Fence): Promise<JobRow | null> {
    const { worker, isAlone } = this.host;
    const [row] = await transaction.query<JobRow>(
      `SELECT * FROM job WHERE id = $1 AND attempt = $2 AND token = $3 AND ${abandonedBy('$4', '$5')} FOR UPDATE SKIP LOCKED`,
      [job, attempt, token, worker, isAlone],
    );
    return row ?? null;
  }

  /** Job ids of those given that still want their scratch directory: unfinished ones, and those that failed lately. */
  async keepingScratch(keepFailedDays: number): Promise<Digest[]> {
    const rows = await this.transactions.query<{ id: Digest }>(
      `SELECT id FROM job WHERE state IN ('queued', 'running')
         OR (state IN ('failed', 'cancelled') AND finished_at > now() - make_interval(days => $1))`,
      [keepFailedDays],
    );
    return rows.map(({ id }) => id);
  }
}

export interface RequestContext {
  askedAt: Date;
  correlationId?: string | undefined;
  traceparent?: string | undefined;
}

/** A job whose attempt ended, and how long that took. */
export type EndedJob = JobRow & { attempt_seconds: number };

/** How an attempt ended, and where its job has come to since. */
export type EndedAttempt = Pick<AttemptRow, 'outcome' | 'class' | 'code'> &
  Pick<JobRow, 'state' | 'attempt' | 'outputs'>;

/** What the end of an attempt makes of its job. */
export interface JobChange {
  state: JobRow['state'];
  delayMs?: number;
  outputs?: Record<string, Digest>;
  durationMs?: number;
  failure?: JobRow['failure'];
  transientFailures?: number;
  preemptedFailures?: number;
}

/** @param worker, isAlone parameters of the statement: this process, and whether there is no other */
const abandonedBy = (worker: string, isAlone: string): string =>
  `state = 'running' AND (lease_until < now() OR (${isAlone} AND worker <> ${worker} AND worker NOT LIKE '${OUTSIDE}%'))`;

const CLAIM = `state = 'running', attempt = attempt + 1, worker = $2, token = $3, is_cancel_requested = false,
  lease_until = now() + make_interval(secs => $4)`;
