import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Sandbox, type Ended } from './sandbox.js';

const WORKFLOW = `name: small
inputs:
  source: { from: ./data.txt }
parameters:
  value: 3
  wanted: ''
steps:
  first:
    tool: sample-step
    in: { source: $inputs.source }
    with: { value: $parameters.value }
  swept:
    tool: sample-step
    in: { of: $first.report }
    sweep: { value: [1, 2] }
  best:
    choose: { from: $swept.report, by: $swept.report.value, max: true }
  last:
    tool: sample-step
    in: { of: $best }
    with: { failUnless: $parameters.wanted }
`;

const lastLine = ({ json }: Ended): Record<string, unknown> => json.at(-1)!;

// Each command is a process of its own, which takes long where other suites run at the same time.
const PATIENT = { timeout: 300_000 };

describe('runs, on a process that the commands share', PATIENT, () => {
  let sandbox: Sandbox;
  let firstRun: string;

  beforeAll(async () => {
    sandbox = await Sandbox.create();
    await sandbox.file('data.txt', 'recordings');
    await sandbox.file('workflow.yml', WORKFLOW);
    await sandbox.up();
  }, PATIENT.timeout);
  afterAll(() => sandbox.remove());

  it('plans: everything is to run, then nothing', async () => {
    const plan = await sandbox.sedge('plan', 'workflow.yml', '--json');
    expect(plan.code).toBe(0);
    expect(plan.json[0]).toMatchObject({ workflow: 'small', counts: { reuse: 1, run: 1, unknown: 4 } });
  });

  it('runs a workflow, with a line for each step that stays, and a summary', async () => {
    const { code, stdout, stderr } = await sandbox.sedge('run', 'workflow.yml');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/✓ first .*sample-step@1/);
    expect(stdout).toMatch(/✓ swept\[value=2\]/);
    expect(stdout).toContain('chose swept[value=2]');
    expect(stdout).toMatch(/small succeeded in .* \(5 ran\), run \w+/);
    firstRun = /run (\w+)\s*$/.exec(stdout)![1]!;
  });

  it('reuses what is there, and says so for machines on the last line', async () => {
    const run = await sandbox.sedge('run', 'workflow.yml', '--json');
    expect(run.code).toBe(0);
    const events = new Set(run.json.map((line) => line['event']));
    for (const event of ['item', 'run', 'end', 'outcome']) expect(events).toContain(event);
    expect(lastLine(run)).toMatchObject({
      event: 'outcome',
      state: 'succeeded',
      decisions: { ran: 1, reused: 4 },
      application: null,
    });
    const plan = await sandbox.sedge('plan', 'workflow.yml');
    expect(plan.stdout).toContain('6 reused');
  });

  it('says of a changed parameter that it made a step run again', async () => {
    expect((await sandbox.sedge('run', 'workflow.yml', '--set', 'value=4')).code).toBe(0);
    const why = await sandbox.sedge('why', '--json');
    const first = why.json.find((item) => item['name'] === 'first');
    expect(first).toMatchObject({ changes: [{ of: 'parameter', name: 'value', before: 3, after: 4 }] });
    const told = await sandbox.sedge('why');
    expect(told.stdout).toContain('parameter value: 3 → 4');
    const absent = await sandbox.sedge(
      'why',
      String(lastLine(await sandbox.sedge('runs', 'list', '--json'))['id']),
      'lst',
    );
    expect(absent.code).toBe(4);
    expect(absent.stderr).toContain("has no step 'lst'");
  });

  it('lists the newest first, and shows one', async () => {
    const list = await sandbox.sedge('runs', 'list', '--json');
    expect(list.json).toHaveLength(3);
    expect(list.json.at(-1)).toMatchObject({ id: firstRun, state: 'succeeded' });
    expect((await sandbox.sedge('runs', 'list', '--limit', '1', '--json')).json).toEqual([list.json[0]]);
    expect((await sandbox.sedge('runs', 'show', firstRun)).stdout).toMatch(/best +succeeded/);
    expect((await sandbox.sedge('runs', 'show', '--json')).json[0]).toMatchObject({ id: list.json[0]!['id'] });
  });

  it('fails with the tail of the log, and goes on by retry once the cause is mended', async () => {
    const wanted = sandbox.path('wanted');
    const failed = await sandbox.sedge('run', 'workflow.yml', '--set', `wanted=${wanted}`);
    expect(failed.code).toBe(1);
    expect(failed.stdout).toMatch(/✗ last .*there is no .*wanted/);
    expect(failed.stdout).toMatch(/The log of last ends so:\n +info +adding 1\n/);
    expect(failed.stdout.split('there is no ')).toHaveLength(2);
    const again = `Mend the cause, then run it again; what is done is reused: npx sedge run workflow.yml --set wanted=${wanted}`;
    expect(failed.stdout).toContain(again);
    const { id: run, finishedAt } = (await sandbox.sedge('runs', 'list', '--json')).json[0] as {
      id: string;
      finishedAt: string;
    };
    expect((await sandbox.sedge('logs', run, 'last', '--json')).json[0]).toMatchObject({
      step: 'last',
      level: 'info',
      message: 'adding 1',
    });
    await sandbox.file('wanted', '');
    const retried = await sandbox.sedge('retry', run, '--json');
    expect(retried.code).toBe(0);
    expect(lastLine(retried)).toMatchObject({ run, state: 'succeeded' });
    // The time in which it lay failed is not counted.
    const shown = (await sandbox.sedge('runs', 'show', run, '--json')).json[0] as {
      finishedAt: string;
      durationMs: number;
    };
    expect(shown.durationMs).toBeLessThan(Date.parse(shown.finishedAt) - Date.parse(finishedAt));
    expect((await sandbox.sedge('retry', run)).code).toBe(1);
  });

  it('tells a missed expectation once', async () => {
    const text = WORKFLOW.replace('    with: { failUnless: $parameters.wanted }', '    expect: [value >= 1000]');
    await sandbox.file('missed.yml', text);
    const missed = await sandbox.sedge('run', 'missed.yml');
    expect(missed.code).toBe(1);
    expect(missed.stdout.split('expected value >= 1000')).toHaveLength(2);
  });

  it('shows a run under way, cancels it, and leaves finished runs as they are', async () => {
    const text = WORKFLOW.replace('sweep:', `with: { waitFor: ${sandbox.path('never')} }\n    sweep:`);
    await sandbox.file('waiting.yml', text);
    const watching = sandbox.start('run', 'waiting.yml', '--json');
    const printed = await watching.printed((all) => all.includes('"event":"progress","items":["swept'));
    const run = String(
      (JSON.parse(printed.split('\n').find((line) => line.includes('"event":"run"'))!) as { id: string }).id,
    );
    expect((await sandbox.sedge('status', '--json')).json[0]).toMatchObject({ isRunning: true, runs: [{ id: run }] });
    expect((await sandbox.sedge('status', run)).stdout).toMatch(/swept\[value=1\] +(requested|running)/);
    expect((await sandbox.sedge('cancel', run, '--json')).json[0]).toMatchObject({ id: run, state: 'cancelled' });
    const ended = await watching.ended;
    expect(ended.code).toBe(1);
    expect(lastLine(ended)).toMatchObject({ event: 'outcome', state: 'cancelled' });
    expect((await sandbox.sedge('cancel', firstRun, '--json')).json[0]).toMatchObject({ state: 'succeeded' });
  });

  it('Ctrl-C ends the watching only, where the run belongs to a shared process', async () => {
    const go = sandbox.path('go');
    await sandbox.file('long.yml', WORKFLOW.replace('sweep:', `with: { waitFor: ${go} }\n    sweep:`));
    const watching = sandbox.start('run', 'long.yml', '--json');
    await watching.printed((all) => all.includes('"event":"progress","items":["swept'));
    watching.interrupt();
    const stopped = await watching.ended;
    expect(stopped.code).toBe(130);
    expect(lastLine(stopped)).toMatchObject({ event: 'outcome', state: 'running' });
    await sandbox.file('go', '');
    const followed = await sandbox.sedge('status', String(lastLine(stopped)['run']), '--follow', '--json');
    expect(followed.code).toBe(0);
    expect(lastLine(followed)).toMatchObject({ state: 'succeeded' });
  });

  it('shows figures: the confusion matrix, accuracy with its interval, latency beside the peer', async () => {
    await sandbox.file('reports.yml', 'name: figures\nsteps:\n  figures: { tool: sample-reports }\n');
    const { stdout } = await sandbox.sedge('run', 'reports.yml');
    expect(stdout).toContain('85.0 % (95 % interval 80.0 to 90.0 %) of 20 test recordings');
    expect(stdout).toMatch(/yes +9 +1\n/);
    expect(stdout).toMatch(/program +1\.500 ms .*arena 48 KB/);
    expect(stdout).toContain('program is 2.00 × as fast as onnxruntime-node');
  });

  it('ends cleanly and takes its socket away', async () => {
    expect((await sandbox.down())!.code).toBe(0);
    expect(existsSync(sandbox.path('data', 'sedge.sock'))).toBe(false);
    expect((await sandbox.sedge('status', '--json')).json[0]).toMatchObject({ isRunning: false });
  });
});

describe('a run without a shared process', PATIENT, () => {
  it('Ctrl-C ends it cleanly; the same command goes on without repeating what was finished', async () => {
    const sandbox = await Sandbox.create();
    try {
      await sandbox.file('data.txt', 'recordings');
      const text = WORKFLOW.replace('sweep:', `with: { waitFor: ${sandbox.path('go')} }\n    sweep:`);
      await sandbox.file('workflow.yml', text);
      const running = sandbox.start('run', 'workflow.yml', '--json');
      await running.printed((all) => all.includes('"event":"progress","items":["swept'));
      running.interrupt();
      const stopped = await running.ended;
      expect(stopped.code).toBe(130);
      expect(lastLine(stopped)).toMatchObject({ event: 'outcome', state: 'cancelled' });
      expect(String(lastLine(stopped)['goOn'])).toMatch(/^npx sedge retry \w+$/);
      await sandbox.file('go', '');
      const again = await sandbox.sedge('run', 'workflow.yml', '--json');
      expect({ code: again.code, stderr: again.stderr }).toEqual({ code: 0, stderr: '' });
      expect(lastLine(again)).toMatchObject({ state: 'succeeded', decisions: { reused: 1 } });
    } finally {
      await sandbox.remove();
    }
  });

  it('tells people nothing in JSON after a process was killed: its log is in a file, and shown by --verbose', async () => {
    const sandbox = await Sandbox.create();
    try {
      await sandbox.file('data.txt', 'recordings');
      const text = WORKFLOW.replace('sweep:', `with: { waitFor: ${sandbox.path('go')} }\n    sweep:`);
      await sandbox.file('workflow.yml', text);
      const running = sandbox.start('run', 'workflow.yml', '--json');
      await running.printed((all) => all.includes('"event":"progress","items":["swept'));
      running.kill();
      await running.ended;
      const shown = await sandbox.sedge('runs', 'list');
      expect(shown).toMatchObject({ code: 0, stderr: '' });
      expect(shown.stdout).not.toContain('{');
      const logged = (await readFile(sandbox.path('data', 'sedge.log'), 'utf8')).trim().split('\n');
      expect(logged.map((line) => JSON.parse(line) as object)).toContainEqual(
        expect.objectContaining({
          level: 'warn',
          message: expect.stringContaining('is gone; retried') as string,
          job: expect.stringMatching(/^sha256:/) as string,
          run: expect.any(String) as string,
        }),
      );
      running.kill();
      const again = sandbox.start('up', '--port', '0', '--json');
      await again.printed((all) => all.includes('\n'));
      again.kill();
      await again.ended;
      const verbose = await sandbox.sedge('runs', 'list', '--verbose');
      expect(verbose.stderr).toContain('is gone; retried');
    } finally {
      await sandbox.remove();
    }
  });

  it('goes on in the process of whoever watches it, when the one that ran it is gone', async () => {
    const sandbox = await Sandbox.create();
    try {
      await sandbox.file('data.txt', 'recordings');
      const text = WORKFLOW.replace('sweep:', `with: { waitFor: ${sandbox.path('go')} }\n    sweep:`);
      await sandbox.file('workflow.yml', text);
      const host = sandbox.start('up', '--port', '0', '--json');
      await host.printed((all) => all.includes('\n'));
      const watching = sandbox.start('run', 'workflow.yml', '--json');
      await watching.printed((all) => all.includes('"event":"progress","items":["swept'));
      host.kill();
      await host.ended;
      await sandbox.file('go', '');
      const ended = await watching.ended;
      expect({ code: ended.code, last: lastLine(ended) }).toMatchObject({ code: 0, last: { state: 'succeeded' } });
    } finally {
      await sandbox.remove();
    }
  });
});
