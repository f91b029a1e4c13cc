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

  it("can do nothing with a token that is another attempt's, another job's, or of a job that is at its end", async () => {
    const runs = [await bench.sedge.startRun(workflow(8)), await bench.sedge.startRun(workflow(9))];
    const jobs = await Promise.all(runs.map((run) => waiting(run, 'judged', 'requested')));
    const claim = async (job: string): Promise<{ attempt: number; token: string; of: string }> => {
      let given: Record<string, unknown> = {};
      await until(async () => {
        const answer = await party.call('POST', `/v1/jobs/${job}/claim`, { worker: 'judge-1' });
        given = answer.body;
        return answer.status === 200;
      });
      return {
        attempt: Number(given['attempt']),
        token: String(given['token']),
        of: (given['inputs'] as { of: string }).of,
      };
    };
    const [mine, other] = [await claim(jobs[0]!), await claim(jobs[1]!)];
    const report = await party.uploadReport(10, [mine.of]);
    const refusals = async (job: string, fence: { attempt: number; token: string }): Promise<unknown[]> => {
      const bodies = {
        heartbeat: fence,
        complete: { ...fence, outputs: { report }, durationMs: 1 },
        fail: { ...fence, class: 'permanent', code: 'STOLEN', message: 'stolen' },
      };
      const answers = Object.entries(bodies).map(([verb, body]) => party.call('POST', `/v1/jobs/${job}/${verb}`, body));
      return (await Promise.all(answers)).map(({ body }) => body['code']);
    };
    const allStale = ['JOB_ATTEMPT_STALE', 'JOB_ATTEMPT_STALE', 'JOB_ATTEMPT_STALE'];
    const fence = { attempt: mine.attempt, token: mine.token };
    expect(await refusals(jobs[0]!, { ...fence, token: other.token })).toEqual(allStale);
    expect(await refusals(jobs[1]!, fence)).toEqual(allStale);
    expect(await refusals(jobs[0]!, { ...fence, attempt: 2 })).toEqual(allStale);
    // The attempt ends; another one begins, and the first one's token is that of a worker that lost its lease.
    const failure = { class: 'transient', code: 'JUDGE_AWAY', message: 'away' };
    await party.ask('POST', `/v1/jobs/${jobs[0]!}/fail`, { ...fence, ...failure });
    const second = await claim(jobs[0]!);
    expect(second.attempt).toBe(2);
    expect(await refusals(jobs[0]!, fence)).toEqual(allStale);
    expect(await refusals(jobs[0]!, { attempt: 2, token: mine.token })).toEqual(allStale);
    const current = { attempt: 2, token: second.token };
    await party.ask('POST', `/v1/jobs/${jobs[0]!}/complete`, { ...current, outputs: { report }, durationMs: 5 });
    // The same result again is the one that stands; anything else comes too late.
    expect(await refusals(jobs[0]!, current)).toEqual(['JOB_ATTEMPT_STALE', undefined, 'JOB_ATTEMPT_STALE']);
    const ended = await bench.sedge.ended(runs[0]!);
    expect(itemNamed(ended, 'judged').outputs).toEqual({ report });
    await party.ask('POST', `/v1/runs/${runs[1]!}/cancel`);
  });

  it('may end an attempt again with the same words, as who lost the answer does, and gets the same answer', async () => {
    const run = await bench.sedge.startRun(workflow(21));
    const job = await waiting(run, 'judged', 'requested');
    const claim = (): Promise<Record<string, unknown>> =>
      party.ask('POST', `/v1/jobs/${job}/claim`, { worker: 'judge-1' });
    const first = await claim();
    const say = async (verb: string, body: Record<string, unknown>): Promise<unknown> => {
      const answer = await party.call('POST', `/v1/jobs/${job}/${verb}`, body);
      return answer.body['state'] ?? answer.body['code'];
    };
    const failed = { attempt: first['attempt'], token: first['token'], class: 'transient', code: 'AWAY', message: 'x' };
    expect(await say('fail', failed)).toBe('retried');
    expect(await say('fail', failed)).toBe('retried');
    expect(await say('fail', { ...failed, code: 'ELSE' })).toBe('JOB_ATTEMPT_STALE');
    let second: Record<string, unknown> = {};
    await until(async () => {
      second = (await party.call('POST', `/v1/jobs/${job}/claim`, { worker: 'judge-1' })).body;
      return second['token'] !== undefined;
    });
    expect(await say('fail', failed)).toBe('retried');
    const of = (second['inputs'] as { of: string }).of;
    const [report, other] = [await party.uploadReport(3, [of]), await party.uploadReport(4, [of])];
    const done = { attempt: second['attempt'], token: second['token'], outputs: { report }, durationMs: 5 };
    expect(await say('complete', done)).toBe('succeeded');
    expect(await say('complete', { ...done, durationMs: 6 })).toBe('succeeded');
    expect(await say('complete', { ...done, outputs: { report: other } })).toBe('JOB_ATTEMPT_STALE');
    expect(await say('complete', { ...done, token: 'not-the-token' })).toBe('JOB_ATTEMPT_STALE');
    const ended = await bench.sedge.ended(run);
    expect(itemNamed(ended, 'judged').outputs).toEqual({ report });
    const attempts = (await party.ask('GET', `/v1/jobs/${job}`))['attempts'] as { outcome: string }[];
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'succeeded']);
  });

  it('can complete a job by nothing but an artifact that is there, whole, and of the kind', async () => {
    const run = await bench.sedge.startRun(workflow(11));
    const job = await waiting(run, 'judged', 'requested');
    const { attempt, token, inputs } = await party.ask('POST', `/v1/jobs/${job}/claim`, { worker: 'judge-1' });
    const complete = async (report: unknown): Promise<unknown[]> => {
      const body = { attempt, token, outputs: { report }, durationMs: 1 };
      const answer = await party.call('POST', `/v1/jobs/${job}/complete`, body);
      return [answer.status, answer.body['code']];
    };
    for (const id of ['../../etc/passwd', 'sha256:zz', `SHA256:${'0'.repeat(64)}`, 7, null]) {
      expect(await complete(id)).toEqual([400, 'HTTP_REQUEST_INVALID']);
    }
    expect(await complete(`sha256:${'0'.repeat(64)}`)).toEqual([422, 'JOB_OUTPUT_INVALID']);
    const { of } = inputs as { of: string };
    const files = (await party.ask('GET', `/v1/artifacts/${of}`))['files'] as { digest: string }[];
    // A blob that is there and is no manifest.
    expect(await complete(files[0]!.digest)).toEqual([422, 'JOB_OUTPUT_INVALID']);
    const upload = {
      kind: 'report.sample',
      metadata: { metrics: {} },
      files: [],
      derivedFrom: [`sha256:${'1'.repeat(64)}`],
    };
    expect((await party.call('POST', '/v1/uploads', upload)).status).toBeGreaterThanOrEqual(400);
    await party.ask('POST', `/v1/runs/${run}/cancel`);
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
