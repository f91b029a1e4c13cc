import type { Plan } from '@sedge/workflow';
import { describe, expect, it } from 'vitest';
import { planText } from './plan-text.js';

function planWith(more: Partial<Plan>): Plan {
  return {
    workflow: 'w',
    steps: [],
    counts: { reuse: 1, run: 1, unknown: 0, await: 0, fail: 0 },
    expected: { leastMs: 0, mostMs: 800, leastBytes: 0, mostBytes: 2000 },
    withoutHistory: [],
    notes: [],
    ...more,
  };
}

describe('what a plan expects', () => {
  it('is a range of time and disk where all tools ran before', () => {
    expect(planText(planWith({}))).toContain('expected: 0 ms to 800 ms, 0 B to 2.0 KB of disk');
  });

  it('says where it comes from runs with other parameters', () => {
    const known = { label: '', job: null, note: null, state: 'run', expectedMs: 5000, expectedBytes: 0 } as const;
    const step = { step: 'model', kind: 'tool', tool: 'train-pytorch@1', reads: [] } as const;
    const items = [{ ...known, name: 'model', isFromOthers: true }];
    const text = planText(planWith({ steps: [{ ...step, reads: [], items }] }));
    expect(text).toContain('run, about 5.0 s as with other parameters');
    expect(text).toContain('model ran here with other parameters only');
  });

  it('is unknown where a tool never ran, whatever is known of the others', () => {
    const text = planText(planWith({ withoutHistory: ['train-pytorch@1'] }));
    expect(text).toContain(
      'expected: unknown, since these never ran here: train-pytorch@1; the others: about 800 ms, 2',
    );
    expect(text).not.toContain('0 ms to');
  });
});
