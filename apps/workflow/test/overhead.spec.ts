import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Harness, statesOf } from './harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
});
afterAll(() => harness.end());

const COUNT = Number(process.env['OVERHEAD_STEPS'] ?? 1000);

function chain(name: string): string {
  const lines = [`name: ${name}`, 'steps:', `  s0: { tool: measure, with: { note: ${name} } }`];
  for (let index = 1; index < COUNT; index++) lines.push(`  s${index}: { tool: measure, in: { of: $s${index - 1} } }`);
  return lines.join('\n');
}

function sweep(name: string): string {
  const values = Array.from({ length: COUNT }, (_, index) => index + 1);
  return `name: ${name}\nsteps:\n  all: { tool: measure, with: { note: ${name} }, sweep: { value: [${values.join(', ')}] } }\n`;
}

describe(`a workflow of ${COUNT} trivial steps`, () => {
  it.each([
    ['one after another', chain],
    ['side by side', sweep],
  ])(
    '%s runs, and runs again from what is there',
    async (name, make) => {
      const times: number[] = [];
      for (let round = 0; round < 2; round++) {
        const start = performance.now();
        const run = await harness.run(make(name.replaceAll(' ', '-')));
        times.push((performance.now() - start) / COUNT);
        expect(new Set(Object.values(statesOf(run)))).toEqual(new Set(['succeeded']));
        expect(run.items.every((item) => item.decision === (round === 0 ? 'ran' : 'reused'))).toBe(true);
      }
      // Figures are printed, never asserted: they depend on what else the machine does.
      process.stdout.write(`${name}: ms per step ${times.map((time) => time.toFixed(2)).join(', then cached ')}\n`);
    },
    600_000,
  );
});
