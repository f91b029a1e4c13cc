import type { Digest } from '@sedge/artifact-contracts';
import { Transactions, type JobView } from '@sedge/service-kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { JobReconciler } from '../src/state/job-reconciler.service.js';
import { JobRepository, SILENT_AT_ONCE } from '../src/state/job.repository.js';
import type { RunEngine } from '../src/state/run-engine.service.js';
import { StageAwayError, type StageClient } from '../src/state/stage-client.service.js';
import { WorkflowConfig } from '../src/workflow.config.js';
import { Harness, until } from './harness.js';

const RECONCILE_MS = 100;
const EACH = SILENT_AT_ONCE * 2 + 50;

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
  const transactions = harness.service(Transactions);
  await transactions.query(
    `INSERT INTO run (id, mode, workflow, request, workflow_digest, state, item_count, request_digest, created_at)
     VALUES ('silent', 'run', 'silent', '{}', 'none', 'succeeded', $1, 'none', now())`,
    [EACH * 2],
  );
  for (const [at, stage] of ['away', 'there'].entries()) {
    const [first, last] = [at * EACH, (at + 1) * EACH - 1];
    await transactions.query(
      `INSERT INTO job (id, tool, version, stage, tool_digest, again, state, attempt, requested_at)
       SELECT 'sha256:' || md5(number::text), 'tool', '1', $1, 'none', false, 'requested', 0, now() - interval '1 hour'
       FROM generate_series($2::int, $3::int) AS number`,
      [stage, first, last],
    );
  }
  await transactions.query(
    `INSERT INTO item (run, number, step, label, state, job, retries, revision)
     SELECT 'silent', number, 'step', number::text, 'requested', 'sha256:' || md5(number::text), '{}', 0
     FROM generate_series(0, $1::int - 1) AS number`,
    [EACH * 2],
  );
});
afterAll(() => harness.end());

it('all are asked about in turns, each as often as the others, although one stage does not answer', async () => {
  const asked = new Map<Digest, number>();
  let asksOfAway = 0;
  const stages: Pick<StageClient, 'job'> = {
    async job(stage, id) {
      if (stage === 'away') asksOfAway++;
      if (stage === 'away') throw new StageAwayError('nothing answers');
      asked.set(id, (asked.get(id) ?? 0) + 1);
      return { state: 'queued' } as JobView;
    },
  };
  const config = Object.assign(new WorkflowConfig(), { reconcileMs: RECONCILE_MS });
  const [jobs, transactions] = [harness.service(JobRepository), harness.service(Transactions)];
  const reconciler = new JobReconciler(jobs, transactions, stages as StageClient, {} as RunEngine, config);
  reconciler.onApplicationBootstrap();
  await until(async () => [...asked.values()].some((times) => times > 2));
  await reconciler.onApplicationShutdown();
  expect(asked.size).toBe(EACH);
  expect(Math.min(...asked.values())).toBeGreaterThanOrEqual(2);
  expect(asksOfAway).toBeLessThan(asked.size);
});
