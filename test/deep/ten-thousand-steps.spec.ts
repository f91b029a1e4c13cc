import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness } from '../../apps/workflow/test/harness.js';

const STEPS = 10_000;

/** A chain of sums, each of which reads the one before. */
function chain(): string {
  const lines = ['name: long', 'steps:', '  s0: { tool: measure }'];
  for (let index = 1; index < STEPS; index++) lines.push(`  s${index}: { tool: measure, in: { of: $s${index - 1} } }`);
  return lines.join('\n');
}

describe(`a workflow of ${STEPS} steps`, () => {
  let harness: Harness;
  beforeAll(async () => {
    harness = await Harness.start();
  });
  afterAll(() => harness.end());

  it('runs to its end, and is reused as a whole', async () => {
    for (const decision of ['ran', 'reused']) {
      const started = performance.now();
      const run = await harness.ended(await harness.start(chain()), 3_000_000);
      const msPerStep = (performance.now() - started) / STEPS;
      process.stdout.write(`${STEPS} steps that ${decision}: ${msPerStep.toFixed(2)} ms per step\n`);
      expect([run.state, run.failure]).toEqual(['succeeded', null]);
      expect(run.items.every((item) => item.decision === decision)).toBe(true);
    }
  });
});
