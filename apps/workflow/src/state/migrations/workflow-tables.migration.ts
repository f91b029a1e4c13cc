import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tools as stages register them, runs and their items, and what is known of jobs. */
export class WorkflowTables1764000100000 implements MigrationInterface {
  readonly name = 'WorkflowTables1764000100000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE tool (
        name text NOT NULL,
        version text NOT NULL,
        stage text NOT NULL,
        digest text NOT NULL,
        definition jsonb NOT NULL,
        machine jsonb NOT NULL,
        stage_url text,
        registered_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (name, version)
      )`);
    await runner.query(`
      CREATE TABLE run (
        id text PRIMARY KEY,
        sequence bigserial UNIQUE,
        mode text NOT NULL CHECK (mode IN ('run', 'plan')),
        workflow text NOT NULL,
        request jsonb NOT NULL,
        workflow_digest text NOT NULL,
        state text NOT NULL CHECK (state IN ('running', 'succeeded', 'failed', 'cancelled')),
        failure jsonb,
        revision bigint NOT NULL DEFAULT 0,
        item_count integer NOT NULL,
        idempotency_key text UNIQUE,
        request_digest text NOT NULL,
        created_at timestamptz NOT NULL,
        finished_at timestamptz
      )`);
    await runner.query(`CREATE INDEX run_state ON run (state) WHERE state = 'running'`);
    await runner.query(`
      CREATE TABLE item (
        run text NOT NULL REFERENCES run (id) ON DELETE CASCADE,
        number integer NOT NULL,
        step text NOT NULL,
        label text NOT NULL,
        state text NOT NULL,
        decision text,
        job text,
        specification jsonb,
        outputs jsonb,
        failure jsonb,
        note text,
        retries jsonb NOT NULL,
        revision bigint NOT NULL,
        started_at timestamptz,
        finished_at timestamptz,
        PRIMARY KEY (run, number)
      )`);
    await runner.query(`CREATE INDEX item_waiting ON item (job) WHERE state IN ('requested', 'running')`);
    await runner.query('CREATE INDEX item_step ON item (step, label)');
    await runner.query(`
      CREATE TABLE job (
        id text PRIMARY KEY,
        tool text NOT NULL,
        version text NOT NULL,
        stage text NOT NULL,
        tool_digest text NOT NULL,
        state text NOT NULL CHECK (state IN ('requested', 'running', 'succeeded', 'failed', 'cancelled')),
        again boolean NOT NULL,
        attempt integer NOT NULL DEFAULT 0,
        outputs jsonb,
        failure jsonb,
        duration_ms double precision,
        requested_at timestamptz NOT NULL DEFAULT now(),
        started_at timestamptz,
        finished_at timestamptz
      )`);
    await runner.query(`CREATE INDEX job_history ON job (tool, finished_at DESC) WHERE state = 'succeeded'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['job', 'item', 'run', 'tool']) await runner.query(`DROP TABLE ${table}`);
  }
}
