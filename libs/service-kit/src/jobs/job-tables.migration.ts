import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The tables of a stage: its jobs, their attempts, who waits for them, and the tools that it announced. */
export class JobTables1764000000001 implements MigrationInterface {
  readonly name = 'JobTables1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE job (
        id text PRIMARY KEY,
        sequence bigserial NOT NULL,
        state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
        tool_name text NOT NULL,
        tool_version text NOT NULL,
        tool_digest text NOT NULL,
        parameters jsonb NOT NULL,
        inputs jsonb NOT NULL,
        machine jsonb NOT NULL,
        correlation_id text,
        traceparent text,
        attempt int NOT NULL DEFAULT 0,
        token text,
        worker text,
        lease_until timestamptz,
        due_at timestamptz NOT NULL DEFAULT now(),
        is_cancel_requested boolean NOT NULL DEFAULT false,
        transient_failures int NOT NULL DEFAULT 0,
        preempted_failures int NOT NULL DEFAULT 0,
        outputs jsonb,
        duration_ms int,
        failure jsonb,
        requested_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz
      )`);
    await runner.query(`CREATE INDEX job_queued ON job (due_at, sequence) WHERE state = 'queued'`);
    await runner.query(`CREATE INDEX job_running ON job (lease_until) WHERE state = 'running'`);
    await runner.query(`
      CREATE TABLE attempt (
        job text NOT NULL REFERENCES job (id) ON DELETE CASCADE,
        number int NOT NULL,
        worker text NOT NULL,
        started_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz,
        outcome text CHECK (outcome IN ('succeeded', 'failed', 'cancelled', 'preempted', 'handed-back')),
        class text,
        code text,
        message text,
        PRIMARY KEY (job, number)
      )`);
    await runner.query(`
      CREATE TABLE subscription (
        job text NOT NULL,
        run text NOT NULL,
        asked_at timestamptz NOT NULL,
        left_at timestamptz,
        PRIMARY KEY (job, run)
      )`);
    await runner.query('CREATE TABLE tool (name text PRIMARY KEY, version text NOT NULL, digest text NOT NULL)');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['tool', 'subscription', 'attempt', 'job']) await runner.query(`DROP TABLE ${table}`);
  }
}
