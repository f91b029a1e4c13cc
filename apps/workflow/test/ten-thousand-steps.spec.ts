import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness } from './harness.js';

const STEPS = 10_000;
const LIMIT_MB = 256;

/** A chain of sums, each of which reads the one before. */
function chain(steps: number): string {
  const lines = ['name: long', 'steps:', '  s0: { tool: measure }'];
  for (let index = 1; index < steps; index++) lines.push(`  s${index}: { tool: measure, in: { of: $s${index - 1} } }`);
  return lines.join('\n');
}

const figureOf = (name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;

/** The most memory that this process held while it did something, beyond what it held before, in MB. Linux keeps the figure; elsewhere it is what is held at the end. */
async function growthOf(work: () => Promise<unknown>): Promise<number> {
  if (process.platform !== 'linux') {
    const before = process.memoryUsage.rss();
    await work();
    return (process.memoryUsage.rss() - before) / 2 ** 20;
  }
  writeFileSync('/proc/self/clear_refs', '5');
  const before = figureOf('VmRSS');
  await work();
  return figureOf('VmHWM') - before;
}

describe(`a workflow of ${STEPS} steps`, () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await Harness.start();
  });
  afterAll(() => harness.end());

  it(`is planned in less than ${LIMIT_MB} MB beyond the start`, async () => {
    const body = { workflow: chain(STEPS), baseDirectory: harness.folder };
    const growthMb = await growthOf(async () => {
      const { status, body: plan } = await harness.post<{ steps: unknown[] }>('/v1/plans', body);
      expect([status, plan.steps.length]).toEqual([200, STEPS]);
    });
    process.stdout.write(`planning ${STEPS} steps took ${growthMb.toFixed(0)} MB beyond the start\n`);
    expect(growthMb).toBeLessThan(LIMIT_MB);
  }, 300_000);

  it('is refused unread where its text is longer than any has to be', async () => {
    const long = chain(300_000);
    const started = performance.now();
    const growthMb = await growthOf(async () => {
      const ask = { workflow: long, baseDirectory: harness.folder };
      const { body } = await harness.post<{ mistakes: { code: string; message: string }[] }>(
        '/v1/workflows/check',
        ask,
      );
      const message = `the text has ${long.length} characters; at most 2000000 are read`;
      expect(body.mistakes).toMatchObject([{ code: 'WORKFLOW_TOO_LARGE', message }]);
      const set = { given: 'a'.repeat(3_000_000) };
      const more = await harness.post<{ mistakes: object[] }>('/v1/workflows/check', {
        ...ask,
        workflow: chain(1),
        set,
      });
      expect(more.body.mistakes).toMatchObject([{ code: 'WORKFLOW_TOO_LARGE' }]);
    });
    expect(growthMb).toBeLessThan(LIMIT_MB);
    expect(performance.now() - started).toBeLessThan(5000);
  }, 60_000);

  it('is refused above the limit, before anything runs', async () => {
    const answer = await harness.post<{ code: string; details: unknown }>('/v1/runs', {
      workflow: chain(20_001),
      baseDirectory: harness.folder,
    });
    expect(answer.status).toBe(422);
    expect(JSON.stringify(answer.body)).toContain('20000');
    expect((await harness.get<{ runs: unknown[] }>('/v1/runs')).body.runs).toEqual([]);
  }, 120_000);
});
