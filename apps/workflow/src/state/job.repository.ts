import { Injectable } from '@nestjs/common';
import type { Digest } from '@sedge/artifact-contracts';
import type {
  JobCancelledData,
  JobFailedData,
  JobStartedData,
  JobSucceededData,
  ToolReference,
} from '@sedge/event-contracts';
import { DeadLetterError } from '@sedge/ports';
import { Transactions, type Transaction } from '@sedge/service-kit';
import type { PastJob } from '../domain/expectations.js';
import type { ItemFailure, ItemJob } from '../domain/run-item.js';

/** What the service knows of a job, from events. The job itself belongs to its stage. */
export interface KnownJob {
  id: Digest;
  state: 'requested' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  outputs: Record<string, Digest> | null;
  failure: ItemFailure | null;
  attempt: number;
  again: boolean;
  duration_ms: number | null;
  requested_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
}

/** A job that a run wants. */
export interface WantedJob {
  job: ItemJob;
  /** an earlier result must not be used */
  again: boolean;
  /** when it was asked for, where that is done once more; null for what is asked for now */
  firstAskedAt: Date | null;
}

/** What became of a job that is wanted. */
export interface RequestedJob {
  state: KnownJob['state'];
  /** the last attempt that was known of when it was first asked for: the end of a later one is the answer */
  askedAfter: number;
}

/** A job that somebody waits for and of which nothing was heard for long. */
export interface SilentJob {
  id: Digest;
  stage: string;
  again: boolean;
  requested_at: Date;
}

/** A job that was asked for and has no end yet. */
export interface UnderWayJob {
  id: Digest;
  stage: string;
  tool: string;
  state: 'requested' | 'running';
}

/** How many past jobs of a tool an estimate is made from. */
const HISTORY = 20;

/** Silent jobs that are asked about at once. */
export const SILENT_AT_ONCE = 200;

/** Jobs under way that are looked at at once, those that were asked for first. */
const UNDER_WAY_AT_ONCE = 5000;

/** A job is what its id says: no other stage or tool can say anything about it. */
const IS_SAME = `(job.stage, job.tool_digest) = (excluded.stage, excluded.tool_digest)`;

const INSERT = `INSERT INTO job (id, tool, version, stage, tool_digest, again, state, attempt`;

@Injectable()
export class JobRepository {
  constructor(private readonly transactions: Transactions) {}

  async find(ids: readonly Digest[]): Promise<Map<Digest, KnownJob>> {
    if (ids.length === 0) return new Map();
    const rows = await this.transactions.query<KnownJob>(
      `SELECT id, state, outputs, failure, attempt, again, duration_ms, requested_at, started_at, finished_at FROM job WHERE id = ANY($1::text[])`,
      [ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  /**
   * Notes that jobs are wanted. What is under way stays so, and a result that came in meanwhile stands unless it is not to be used.
   * The rows stay locked until the transaction ends, so that no result can slip in between this and the items that wait for it.
   * @returns what became of each
   */
  async request(transaction: Transaction, jobs: readonly WantedJob[]): Promise<Map<Digest, RequestedJob>> {
    const rows = await transaction.query<RequestedJob & { id: Digest }>(
      `${INSERT}, requested_at)
       SELECT id, tool, version, stage, digest, again, 'requested', 0, coalesce(asked_at, now())
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::timestamptz[])
         AS new (id, tool, version, stage, digest, again, asked_at)
       ON CONFLICT (id) DO UPDATE SET again = excluded.again, requested_at = excluded.requested_at,
         tool = excluded.tool, version = excluded.version, stage = excluded.stage, tool_digest = excluded.tool_digest,
         attempt = CASE WHEN job.stage = excluded.stage THEN job.attempt ELSE 0 END,
         asked_after = CASE WHEN job.stage <> excluded.stage THEN 0
                            WHEN job.state IN ('requested', 'running') THEN job.asked_after ELSE job.attempt END,
         state = CASE WHEN (job.stage, job.tool_digest) <> (excluded.stage, excluded.tool_digest) THEN 'requested'
                      WHEN job.state IN ('requested', 'running') THEN job.state
                      WHEN job.state = 'succeeded' AND NOT excluded.again THEN 'succeeded' ELSE 'requested' END
       RETURNING id, state, asked_after AS "askedAfter"`,
      [
        jobs.map(({ job }) => job.id),
        jobs.map(({ job }) => job.toolName),
        jobs.map(({ job }) => job.toolVersion),
        jobs.map(({ job }) => job.stage),
        jobs.map(({ job }) => job.tool),
        jobs.map(({ again }) => again),
        jobs.map(({ firstAskedAt }) => firstAskedAt),
      ],
    );
    return new Map(rows.map(({ id, ...job }) => [id, job]));
  }

  async start(transaction: Transaction, { job, tool, attempt }: JobStartedData): Promise<void> {
    const rows = await transaction.query(
      `${INSERT}, started_at) VALUES ($1, $2, $3, $4, $5, false, 'running', $6, now())
       ON CONFLICT (id) DO UPDATE SET state = 'running', attempt = excluded.attempt, started_at = now()
       WHERE job.state IN ('requested', 'running') AND job.attempt <= excluded.attempt AND ${IS_SAME} RETURNING id`,
      [job, tool.name, tool.version, tool.stage, tool.digest, attempt],
    );
    if (rows.length === 0) await this.assertSame(transaction, job, tool);
  }

  async succeed(transaction: Transaction, data: JobSucceededData): Promise<void> {
    const { job, tool, attempt, outputs, durationMs } = data;
    const rows = await transaction.query(
      `${INSERT}, outputs, duration_ms, finished_at) VALUES ($1, $2, $3, $4, $5, false, 'succeeded', $6, $7, $8, now())
       ON CONFLICT (id) DO UPDATE SET state = 'succeeded', attempt = excluded.attempt, outputs = excluded.outputs, failure = NULL,
         again = false, duration_ms = excluded.duration_ms, finished_at = now() WHERE ${IS_SAME} RETURNING id`,
      [job, tool.name, tool.version, tool.stage, tool.digest, attempt, JSON.stringify(outputs), durationMs],
    );
    if (rows.length === 0) await this.assertSame(transaction, job, tool);
  }

  /** @param isCurrent the stage itself says, asked just now, that this is how the job ended */
  async fail(transaction: Transaction, data: JobFailedData, isCurrent = false): Promise<void> {
    const { code, message } = data;
    await this.end(transaction, 'failed', data, { failure: { code, message, class: data.class }, isCurrent });
  }

  async cancel(transaction: Transaction, data: JobCancelledData, isCurrent = false): Promise<void> {
    await this.end(transaction, 'cancelled', data, { failure: null, isCurrent });
  }

  /**
   * A result is never taken back by a failure that comes late, nor is a new request answered by the failure of an attempt before it. A job
   * that is cancelled before its next attempt begins still has the number of the last.
   */
  private async end(
    transaction: Transaction,
    state: 'failed' | 'cancelled',
    { job, tool, attempt }: JobCancelledData,
    { failure, isCurrent }: { failure: ItemFailure | null; isCurrent: boolean },
  ): Promise<void> {
    const rows = await transaction.query(
      `${INSERT}, failure, finished_at) VALUES ($1, $2, $3, $4, $5, false, $7, $6, $8, now())
       ON CONFLICT (id) DO UPDATE SET state = excluded.state, attempt = excluded.attempt, failure = excluded.failure, finished_at = now()
       WHERE job.state <> 'succeeded' AND ${IS_SAME}
         AND ($9 OR excluded.attempt > job.attempt
           OR (excluded.attempt = job.attempt AND (job.state <> 'requested' OR excluded.state = 'cancelled')))
       RETURNING id`,
      [
        ...[job, tool.name, tool.version, tool.stage, tool.digest, attempt, state],
        failure && JSON.stringify(failure),
        isCurrent,
      ],
    );
    if (rows.length === 0) await this.assertSame(transaction, job, tool);
  }

  /** @throws DeadLetterError where the job is one of another stage or tool than the event says */
  private async assertSame(transaction: Transaction, job: Digest, tool: ToolReference): Promise<void> {
    const [known] = await transaction.query<{ stage: string; tool: string; tool_digest: Digest }>(
      'SELECT stage, tool, tool_digest FROM job WHERE id = $1',
      [job],
    );
    if (!known || (known.stage === tool.stage && known.tool_digest === tool.digest)) return;
    const message = `job ${job} is of ${known.stage}/${known.tool}, and the event says that it is of ${tool.stage}/${tool.name}`;
    throw new DeadLetterError('forged', message);
  }

  /**
   * Some of the jobs that runs wait for and that were asked for or started longer ago than this, in the order of their ids.
   * @param after the last one of those before, or null
   */
  silentSince(ms: number, after: Digest | null): Promise<SilentJob[]> {
    return this.transactions.query<SilentJob>(
      `SELECT id, stage, again, requested_at FROM job
       WHERE state IN ('requested', 'running') AND greatest(requested_at, started_at) < now() - make_interval(secs => $1)
         AND ($2::text IS NULL OR id > $2)
         AND EXISTS (SELECT 1 FROM item WHERE item.job = job.id AND item.state IN ('requested', 'running'))
       ORDER BY id LIMIT ${SILENT_AT_ONCE}`,
      [ms / 1000, after],
    );
  }

  /** Jobs under way that runs wait for, asked for longer ago than this. */
  underWaySince(ms: number): Promise<UnderWayJob[]> {
    return this.transactions.query<UnderWayJob>(
      `SELECT id, stage, tool, state FROM job
       WHERE state IN ('requested', 'running') AND requested_at < now() - make_interval(secs => $1)
         AND id IN (SELECT job FROM item WHERE state IN ('requested', 'running'))
       ORDER BY requested_at LIMIT ${UNDER_WAY_AT_ONCE}`,
      [ms / 1000],
    );
  }

  /** When a stage was last heard of: by what it said of jobs, or of its tools. */
  async stageSeenAt(stage: string): Promise<Date | null> {
    const [row] = await this.transactions.query<{ seen_at: Date | null }>(
      `SELECT greatest((SELECT max(greatest(started_at, finished_at)) FROM job WHERE stage = $1),
         (SELECT max(registered_at) FROM tool WHERE stage = $1)) AS seen_at`,
      [stage],
    );
    return row!.seen_at;
  }

  /** How long the last jobs of tools took, with what parameters, and what they left on disk. */
  async historyOf(tools: readonly string[]): Promise<Map<string, PastJob[]>> {
    const rows = await this.transactions.query<PastJob & { tool: string }>(
      `SELECT wanted.tool, past.*
       FROM unnest($1::text[]) AS wanted (tool) CROSS JOIN LATERAL (
         SELECT duration_ms AS "durationMs", (SELECT coalesce(sum(artifact.size_bytes), 0)::float8 FROM jsonb_each_text(job.outputs) AS output
           JOIN artifact ON artifact.id = output.value) AS "sizeBytes",
           (SELECT item.specification -> 'parameters' FROM item WHERE item.job = job.id LIMIT 1) AS parameters
         FROM job
         WHERE job.tool = wanted.tool AND state = 'succeeded' AND duration_ms IS NOT NULL ORDER BY finished_at DESC LIMIT ${HISTORY}
       ) AS past`,
      [[...new Set(tools)]],
    );
    const history = new Map<string, PastJob[]>();
    for (const { tool, ...past } of rows) history.set(tool, [...(history.get(tool) ?? []), past]);
    return history;
  }
}
