import type { ItemView } from '@sedge/workflow';
import { describe, expect, it } from 'vitest';
import { RemainingTime } from './remaining-time.js';
import { endLine, warningLines } from './run-display.js';
import { StepTally } from './step-tally.js';

function item(step: string, label: string, more: Partial<ItemView> = {}): ItemView {
  const name = label === '' ? step : `${step}[${label}]`;
  const empty = { decision: null, tool: null, stage: null, job: null, outputs: null, failure: null, note: null };
  const times = { startedAt: null, finishedAt: null, durationMs: null, progress: null, waitsFor: null };
  return { number: 0, name, step, label, state: 'pending', ...empty, ...times, ...more };
}

describe('the tally of a run', () => {
  it('tells the end of an item once, and counts by step', () => {
    const tally = new StepTally([item('a', ''), item('b', 'x=1'), item('b', 'x=2')]);
    expect(tally.update(item('b', 'x=1', { state: 'running' }))).toBe(false);
    expect(tally.running().map(({ name }) => name)).toEqual(['b[x=1]']);
    expect(tally.update(item('b', 'x=1', { state: 'succeeded' }))).toBe(true);
    expect(tally.update(item('b', 'x=1', { state: 'succeeded' }))).toBe(false);
    expect([tally.done, tally.total, tally.countOf('b')]).toEqual([1, 3, { items: 2, over: 1 }]);
    expect(tally.running()).toEqual([]);
  });
});

describe('the line that stays of an item', () => {
  it('says how it came to its result', () => {
    const done = { state: 'succeeded', tool: 't@1', durationMs: 1500 } as const;
    expect(endLine(item('a', '', { ...done, decision: 'ran' }), 3)).toBe('✓ a    1.5 s  t@1');
    expect(endLine(item('a', '', { ...done, decision: 'reused' }), 1)).toBe('✓ a  reused  t@1');
    expect(endLine(item('a', '', { ...done, decision: 'shared' }), 1)).toBe('✓ a  1.5 s, shared  t@1');
    const failure = { code: 'X_BAD', message: 'it is bad' };
    expect(endLine(item('a', '', { state: 'failed', failure }), 1)).toBe('✗ a  it is bad X_BAD');
    expect(endLine(item('a', '', { state: 'cancelled' }), 1)).toBe('– a  cancelled');
  });
});

describe('what a tool warned of', () => {
  it('stands below the line of its item, the first few', () => {
    expect(warningLines([], 'sedge logs r a')).toEqual([]);
    expect(warningLines(['8 files skipped'], 'sedge logs r a')).toEqual(['  ! 8 files skipped']);
    expect(warningLines(['1', '2', '3', '4', '5'], 'sedge logs r a')).toEqual([
      '  ! 1',
      '  ! 2',
      '  ! 3',
      '  ! 2 more warnings: sedge logs r a',
    ]);
  });
});

describe('the time that remains', () => {
  it('follows the pace since a job was first seen, once there is one', () => {
    const remaining = new RemainingTime();
    expect(remaining.of('j', { done: 10, total: 100 }, 0)).toBeNull();
    expect(remaining.of('j', { done: 20, total: 100 }, 1000)).toBeNull();
    expect(remaining.of('j', { done: 40, total: 100 }, 3000)).toBe(6000);
  });

  it('starts anew when a job does', () => {
    const remaining = new RemainingTime();
    remaining.of('j', { done: 50, total: 100 }, 0);
    expect(remaining.of('j', { done: 0, total: 100 }, 60_000)).toBeNull();
    expect(remaining.of('j', { done: 10, total: 100 }, 65_000)).toBe(45_000);
  });
});
