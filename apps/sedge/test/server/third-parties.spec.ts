import { beforeAll, describe, expect, it } from 'vitest';
import { itemNamed, until, useSedge } from './sedge-process.js';
import { ThirdParty } from './third-party.js';

const bench = useSedge();
let party: ThirdParty;
beforeAll(async () => {
  party = new ThirdParty(bench.sedge.url);
  const schema = { type: 'object', properties: { metrics: { type: 'object' } }, required: ['metrics'] };
  await party.ask('POST', '/v1/kinds', { name: 'report.sample', version: 1, schema });
});

async function waiting(run: string, name: string, state: string): Promise<string> {
  await until(async () => itemNamed(await bench.sedge.show(run), name).state === state);
  return itemNamed(await bench.sedge.show(run), name).job ?? '';
}

describe('a bystander', () => {
  it('uploads what a run waits for, and the run goes on with it', async () => {
    const run = await bench.sedge.startRun(`name: review
steps:
  one: { tool: sum-values, with: { value: 2 } }
  review: { await: { kind: report.sample, derivedFrom: $one.report, timeout: 5m } }
  after: { tool: sum-values, in: { of: $review }, with: { value: 1 } }
`);
    await waiting(run, 'review', 'awaiting');
    const one = itemNamed(await bench.sedge.show(run), 'one').outputs!['report']!;
    await party.uploadReport(100, []);
    const review = await party.uploadReport(40 + (await party.valueOf(one)), [one]);
    const ended = await bench.sedge.ended(run);
    expect([ended.state, ended.failure]).toEqual(['succeeded', null]);
    expect(Object.values(itemNamed(ended, 'review').outputs!)).toEqual([review]);
    expect(await party.valueOf(itemNamed(ended, 'after').outputs!['report']!)).toBe(43);
  });

  it('that does not come in time fails the step, which says what it waited for', async () => {
    const run = await bench.sedge.run(`name: nobody
steps:
  one: { tool: sum-values, with: { value: 3 } }
  review: { await: { kind: report.sample, derivedFrom: $one.report, timeout: 1s } }
`);
    expect(run.state).toBe('failed');
    expect(itemNamed(run, 'review').failure!.message).toContain('report.sample');
  });
});

describe('a worker that somebody else runs', () => {
  const workflow = (first: number): string => `name: judged
steps:
  one: { tool: sum-values, with: { value: ${first} } }
  judged: { tool: judge-value, in: { of: $one.report } }
  after: { tool: sum-values, in: { of: $judged.report }, with: { value: 1 } }
`;

  it('claims a job, keeps its lease, and completes it with what it uploaded', async () => {
    const run = await bench.sedge.startRun(workflow(5));
    const job = await waiting(run, 'judged', 'requested');
    const claim = await party.ask('POST', `/v1/jobs/${job}/claim`, { worker: 'judge-1' });
    const { attempt, token } = claim;
    const again = await party.call('POST', `/v1/jobs/${job}/claim`, { worker: 'judge-2' });
    expect([again.status, again.body['code']]).toEqual([409, 'JOB_NOT_QUEUED']);
    const progress = { done: 1, total: 2, unit: 'opinion' };
    const lease = await party.ask('POST', `/v1/jobs/${job}/heartbeat`, { attempt, token, progress });
    expect(lease['isCancelRequested']).toBe(false);
    const input = (claim['inputs'] as Record<string, string>)['of']!;
    const report = await party.uploadReport(10 * (await party.valueOf(input)), [input]);
    const stranger = await party.call('POST', `/v1/jobs/${job}/complete`, {
      attempt,
      token: 'not-the-token',
      outputs: { report },
      durationMs: 5,
    });
    expect([stranger.status, stranger.body['code']]).toEqual([409, 'JOB_ATTEMPT_STALE']);
    await party.ask('POST', `/v1/jobs/${job}/complete`, { attempt, token, outputs: { report }, durationMs: 5 });
    const ended = await bench.sedge.ended(run);
    expect([ended.state, ended.failure]).toEqual(['succeeded', null]);
    expect(await party.valueOf(itemNamed(ended, 'after').outputs!['report']!)).toBe(51);
  });

  it('gives up, and its words are the failure of the step', async () => {
    const run = await bench.sedge.startRun(workflow(6));
    const job = await waiting(run, 'judged', 'requested');
    const { attempt, token } = await party.ask('POST', `/v1/jobs/${job}/claim`, { worker: 'judge-1' });
    const failure = { class: 'permanent', code: 'JUDGE_SPEECHLESS', message: 'no opinion' };
    await party.ask('POST', `/v1/jobs/${job}/fail`, { attempt, token, ...failure });
    const ended = await bench.sedge.ended(run);
    expect(itemNamed(ended, 'judged').failure).toMatchObject({ code: 'JUDGE_SPEECHLESS', message: 'no opinion' });
    expect(itemNamed(ended, 'after').state).toBe('skipped');
  });

  it('hears at its heartbeat that nobody wants the job any more', async () => {
    const run = await bench.sedge.startRun(workflow(7));
    const job = await waiting(run, 'judged', 'requested');
    const { attempt, token } = await party.ask('POST', `/v1/jobs/${job}/claim`, { worker: 'judge-1' });
    await party.ask('POST', `/v1/runs/${run}/cancel`);
    await until(async () => {
      const lease = await party.ask('POST', `/v1/jobs/${job}/heartbeat`, { attempt, token });
      return lease['isCancelRequested'] === true;
    });
  });
});
