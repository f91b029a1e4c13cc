import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CloudEvent } from '@sedge/event-contracts';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunView } from '../src/domain/run-view.js';
import { RunEngine } from '../src/state/run-engine.service.js';
import { RunMemory } from '../src/state/run-memory.service.js';
import { RunWriter } from '../src/state/run-writer.service.js';
import { Harness, itemNamed, statesOf, until } from './harness.js';

let harness: Harness;
const logFolder = mkdtempSync(join(tmpdir(), 'sedge-log-'));
const log = join(logFolder, 'jobs.log');
const jobsRun = (): string[] => readFileSync(log, { encoding: 'utf8', flag: 'a+' }).split('\n').filter(Boolean);

beforeAll(async () => {
  process.env['SAMPLE_TOOLS_LOG'] = log;
  harness = await Harness.start();
  writeFileSync(join(harness.folder, 'data.txt'), 'some data');
});
afterAll(async () => {
  await harness.end();
  rmSync(logFolder, { recursive: true });
});

const SWEEP = `name: sweep
inputs: { data: { from: ./data.txt } }
parameters: { values: [1, 5, 3] }
steps:
  first: { tool: measure, in: { source: $inputs.data }, with: { note: sweep } }
  second: { tool: measure, in: { of: $first }, sweep: { value: $parameters.values } }
  best: { choose: { from: $second.report, by: $second.report.value, max: true } }
  sum: { tool: measure, in: { all: { all: $second.report } } }
  last: { tool: measure, in: { of: $best }, with: { value: $sum.report.value }, expect: [value > 1] }
`;

describe('a run', () => {
  const figure = async (line: string): Promise<number> => {
    const text = await harness.metrics.read();
    return Number(
      text
        .split('\n')
        .find((found) => found.startsWith(`${line} `))
        ?.slice(line.length + 1) ?? 0,
    );
  };

  it('takes a workflow from its inputs to its end', async () => {
    const run = await harness.run(SWEEP);
    expect(run.failure).toBeNull();
    expect(new Set(Object.values(statesOf(run)))).toEqual(new Set(['succeeded']));
    expect(itemNamed(run, 'best').note).toBe('chose second[value=5]: value 6 is the max of 3');
    expect(run.items.map((item) => item.name)).toEqual([
      'inputs.data',
      'first',
      'second[value=1]',
      'second[value=5]',
      'second[value=3]',
      'best',
      'sum',
      'last',
    ]);
  });

  it('reuses everything the second time, and says so', async () => {
    const before = jobsRun().length;
    const reused = await figure('sedge_run_items{decision="reused"}');
    const succeeded = await figure('sedge_runs{state="succeeded"}');
    const run = await harness.run(SWEEP);
    expect(jobsRun().length).toBe(before);
    expect(itemNamed(run, 'last').decision).toBe('reused');
    const ofRun = run.items.filter(({ decision }) => decision === 'reused').length;
    expect(await figure('sedge_run_items{decision="reused"}')).toBe(reused + ofRun);
    expect(await figure('sedge_runs{state="succeeded"}')).toBe(succeeded + 1);
    const { body } = await harness.get<{ items: { name: string; reason: string }[] }>(`/v1/runs/${run.id}/why`);
    expect(body.items.find((item) => item.name === 'last')!.reason).toContain('reused');
    expect(body.items.find((item) => item.name === 'inputs.data')!.reason).toContain('no sha256');
  });

  it('runs only what a change touches, and why names it', async () => {
    const before = jobsRun().length;
    const run = await harness.run(SWEEP, { set: { values: [1, 5, 3, 7] } });
    expect(jobsRun().length - before).toBe(3);
    const { body } = await harness.get<{ items: { name: string; reason: string; changes: { madeBy: string }[] }[] }>(
      `/v1/runs/${run.id}/why`,
    );
    const reason = (name: string) => body.items.find((item) => item.name === name)!;
    expect(reason('second[value=7]').reason).toContain('first time');
    expect(reason('sum').reason).toMatch(/^input all\.3: nothing → sha256:/);
    expect(reason('last').changes.map((change) => change.madeBy)).toContain('second[value=7]');
    expect(reason('last').reason).toMatch(/parameter value: 13 → 21/);
  });

  it('keeps the other items when one of a sweep fails, and skips what reads it', async () => {
    const text = `name: partly
steps:
  some: { tool: measure, sweep: { failUnless: ["", /nowhere] } }
  reader: { tool: measure, in: { of: $some } }
  other: { tool: measure, with: { note: other } }
`;
    const run = await harness.run(text);
    expect(run.state).toBe('failed');
    expect(statesOf(run)).toEqual({
      'some[failUnless=]': 'succeeded',
      'some[failUnless=/nowhere]': 'failed',
      'reader[failUnless=]': 'succeeded',
      'reader[failUnless=/nowhere]': 'skipped',
      other: 'succeeded',
    });
    expect(itemNamed(run, 'some[failUnless=/nowhere]').failure).toMatchObject({
      code: 'SAMPLE_FAILED',
      class: 'permanent',
    });
    expect(itemNamed(run, 'reader[failUnless=/nowhere]').failure!.message).toContain('some[failUnless=/nowhere]');
  });

  it('maps a step over a list of artifacts and values', async () => {
    const run = await harness.run(`name: each
steps:
  two: { tool: measure, with: { value: 2, note: each } }
  three: { tool: measure, with: { value: 3, note: each } }
  more: { tool: measure, each: [{ of: $two.report, by: 10 }, { of: $three.report, by: 20 }], in: { of: $each.of }, with: { value: $each.by } }
  sum: { tool: measure, in: { all: { all: $more.report } }, with: { value: 0 } }
`);
    expect([run.state, run.failure]).toEqual(['succeeded', null]);
    expect(run.items.map((item) => item.name)).toEqual(['two', 'three', 'more[by=10]', 'more[by=20]', 'sum']);
    const { body } = await harness.get<{ metadata: { metrics: { value: number } } }>(
      `/v1/artifacts/${itemNamed(run, 'sum').outputs!['report']}`,
    );
    expect(body.metadata.metrics.value).toBe(2 + 10 + 3 + 20);
  });

  it('is retried from what failed', async () => {
    const needed = join(harness.folder, 'needed');
    const text = `name: retried
steps:
  good: { tool: measure, with: { note: retried } }
  bad: { tool: measure, in: { of: $good }, with: { failUnless: ${needed} } }
  after: { tool: measure, in: { of: $bad } }
`;
    const failed = await harness.run(text);
    expect(statesOf(failed)).toEqual({ good: 'succeeded', bad: 'failed', after: 'skipped' });
    writeFileSync(needed, '');
    const before = jobsRun().length;
    await harness.post(`/v1/runs/${failed.id}/retry`);
    const retried = await harness.ended(failed.id);
    expect(statesOf(retried)).toEqual({ good: 'succeeded', bad: 'succeeded', after: 'succeeded' });
    expect(jobsRun().length - before).toBe(2);
    expect((await harness.post<{ code: string }>(`/v1/runs/${failed.id}/retry`)).body.code).toBe(
      'WORKFLOW_RUN_COMPLETE',
    );
  });

  it('is stopped by a missed expectation', async () => {
    const text = `name: gate
steps:
  gate: { tool: measure, with: { value: 2, note: gate }, expect: [value >= 3] }
  slow: { tool: measure, with: { pauseMs: 20000 } }
  after: { tool: measure, in: { of: $slow } }
`;
    const run = await harness.run(text);
    expect(run.state).toBe('failed');
    expect(run.failure).toEqual({
      code: 'WORKFLOW_EXPECTATION_MISSED',
      message: 'gate: expected value >= 3, but it is 2',
    });
    expect(statesOf(run)).toEqual({ gate: 'failed', slow: 'skipped', after: 'skipped' });
  });

  it('fails a step whose output is not what its kind was registered as', async () => {
    const smallReport = { properties: { metrics: { properties: { value: { maximum: 1000 } } } } };
    const kind = { name: 'report.sample', version: 1, schema: smallReport };
    const workflow = (value: number): string =>
      `name: kinds\nsteps:\n  one: { tool: measure, with: { value: ${value} } }\n  two: { tool: measure, in: { of: $one } }\n`;
    expect(statesOf(await harness.run(workflow(2000)))).toEqual({ one: 'succeeded', two: 'succeeded' });
    expect((await harness.post('/v1/kinds', kind)).status).toBe(204);
    for (const run of [await harness.run(workflow(2001)), await harness.run(workflow(2000))]) {
      expect(statesOf(run)).toEqual({ one: 'failed', two: 'skipped' });
      expect(itemNamed(run, 'one').failure).toEqual({
        code: 'WORKFLOW_OUTPUT_INVALID',
        message: "the output 'report' is no report.sample: metrics.value: must be <= 1000",
      });
    }
    expect(statesOf(await harness.run(workflow(999)))).toEqual({ one: 'succeeded', two: 'succeeded' });
  });

  it('is cancelled, without its job when another run shares it', async () => {
    const gate = join(harness.folder, 'gate');
    const text = (name: string): string => `name: ${name}
steps: { shared: { tool: measure, with: { waitFor: ${gate}, note: shared } } }
`;
    const before = jobsRun().length;
    const [one, two] = [await harness.start(text('one')), await harness.start(text('two'))];
    await harness.item(one, 'shared', (item) => item.state === 'running');
    await harness.item(two, 'shared', (item) => item.job !== null);
    const cancelled = await harness.post<RunView>(`/v1/runs/${one}/cancel`);
    expect(cancelled.body.state).toBe('cancelled');
    writeFileSync(gate, '');
    const run = await harness.ended(two);
    expect(statesOf(run)).toEqual({ shared: 'succeeded' });
    expect(itemNamed(run, 'shared').decision).toBe('shared');
    expect(jobsRun().length - before).toBe(1);
  });

  it('is cancelled although the step that was under way, and the first with the cancellation, could not be written', async () => {
    const writer = harness.service(RunWriter);
    const write = writer.write.bind(writer);
    const fails = vi.spyOn(writer, 'write');
    let run = '';
    let answer: Promise<{ status: number; body: RunView }> | undefined;
    fails.mockImplementation(async (active, ...rest) => {
      if (active.id !== run) return write(active, ...rest);
      answer ??= harness.post<RunView>(`/v1/runs/${run}/cancel`);
      await until(async () => harness.service(RunMemory).hasChanges(run));
      if (fails.mock.calls.filter(([{ id }]) => id === run).length > 2) return write(active, ...rest);
      throw new Error('planned: nothing can be written');
    });
    const gate = join(harness.folder, 'unwritten-gate');
    const text = `name: unwritten\nsteps: { slow: { tool: measure, with: { waitFor: ${gate}, note: unwritten } } }\n`;
    const started = await harness.start(text);
    await harness.item(started, 'slow', (item) => item.state === 'running');
    run = started;
    harness.service(RunEngine).wake(run);
    await until(async () => answer !== undefined);
    expect(await answer!).toMatchObject({ status: 200, body: { state: 'cancelled' } });
    fails.mockRestore();
  });

  it('cancels the job when the last run leaves it, and a retry goes on', async () => {
    const run = await harness.start(
      'name: lonely\nsteps: { slow: { tool: measure, with: { pauseMs: 1500, note: lonely } } }\n',
    );
    await harness.item(run, 'slow', (item) => item.state === 'running');
    await harness.post(`/v1/runs/${run}/cancel`);
    await harness.post(`/v1/runs/${run}/retry`);
    expect(statesOf(await harness.ended(run))).toEqual({ slow: 'succeeded' });
  });

  it('runs a step again whose result was damaged, and says so', async () => {
    const text = 'name: damaged\nsteps: { one: { tool: measure, with: { note: damaged } } }\n';
    const first = await harness.run(text);
    const artifact = itemNamed(first, 'one').outputs!['report'] as `sha256:${string}`;
    const manifest = JSON.parse(readFileSync(harness.store.locationOf(artifact), 'utf8')) as {
      layers: { digest: `sha256:${string}` }[];
    };
    const { chmodSync } = await import('node:fs');
    const blob = harness.store.locationOf(manifest.layers[0]!.digest);
    chmodSync(blob, 0o644);
    writeFileSync(blob, 'damaged');
    const second = await harness.run(text);
    expect(itemNamed(second, 'one').decision).toBe('ran');
    expect(itemNamed(second, 'one').note).toContain(`${blob} is corrupt`);
    expect(itemNamed(second, 'one').outputs).toEqual(itemNamed(first, 'one').outputs);
    expect(itemNamed(await harness.run(text), 'one').decision).toBe('reused');
  });

  it('runs a step again when someone asks for it', async () => {
    const text =
      'name: again\nsteps: { one: { tool: measure, with: { note: again } }, two: { tool: measure, in: { of: $one } } }\n';
    await harness.run(text);
    const before = jobsRun().length;
    const run = await harness.run(text, { again: ['one'] });
    expect(jobsRun().length - before).toBe(1);
    expect([run.state, run.failure, run.items.map((i) => i.failure)]).toEqual(['succeeded', null, [null, null]]);
    expect(itemNamed(run, 'one').note).toContain('asked to run again');
    expect(itemNamed(run, 'two').decision).toBe('reused');
  });

  it('fails a step that takes longer than its timeout', async () => {
    const run = await harness.run(
      'name: late\nsteps: { slow: { tool: measure, timeout: 300ms, with: { pauseMs: 60000 } } }\n',
    );
    expect(itemNamed(run, 'slow').failure!.code).toBe('WORKFLOW_STEP_TIMED_OUT');
  });

  it('takes no failure of an earlier attempt that comes late, while the job is done again', async () => {
    const [needed, gate] = ['late-needed', 'late-gate'].map((name) => join(harness.folder, name)) as [string, string];
    const text = `name: late\nsteps: { only: { tool: measure, with: { failUnless: ${needed}, waitFor: ${gate} } } }\n`;
    writeFileSync(gate, '');
    let late: CloudEvent | undefined;
    const spy = { consumer: 'spy', subjects: ['sedge.job.failed.>'], concurrency: 1 };
    await harness.bus.subscribe(spy, async (event) => void (late = event));
    const run = await harness.run(text);
    await expect.poll(() => late?.correlationid).toBe(run.id);
    rmSync(gate);
    writeFileSync(needed, '');
    await harness.post(`/v1/runs/${run.id}/retry`);
    await harness.item(run.id, 'only', ({ state }) => state === 'running');
    await harness.bus.publish('sedge.job.failed.samples.measure', { ...late!, id: 'late' });
    await expect.poll(async () => [...(await harness.bus.pending()).values()].every((count) => count === 0)).toBe(true);
    writeFileSync(gate, '');
    expect(statesOf(await harness.ended(run.id))).toEqual({ only: 'succeeded' });
  });

  it('is the same run for the same idempotency key', async () => {
    const body = { workflow: 'name: key\nsteps: { one: { tool: measure } }\n' };
    const key = { 'idempotency-key': 'k1' };
    const [one, two] = [
      await harness.post<RunView>('/v1/runs', body, key),
      await harness.post<RunView>('/v1/runs', body, key),
    ];
    expect(two.body.id).toBe(one.body.id);
    const other = await harness.post<{ code: string }>('/v1/runs', { ...body, set: {}, file: 'x' }, key);
    expect([other.status, other.body.code]).toEqual([409, 'WORKFLOW_IDEMPOTENCY_CONFLICT']);
  });
});
