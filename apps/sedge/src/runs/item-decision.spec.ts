import type { ItemView, RunView } from '@sedge/workflow';
import { describe, expect, it } from 'vitest';
import type { ApiClient } from '../client/api-client.js';
import { outcomeOf } from './run-outcome.js';
import { runSummaryText } from './run-summary.js';
import { runText } from './run-table.js';

const STARTED = '2026-01-01T00:00:00Z';

function item(name: string, more: Partial<ItemView>): ItemView {
  const empty = { tool: 't@1', stage: 'training', job: 'j', outputs: null, failure: null, note: null };
  const times = { startedAt: null, finishedAt: null, durationMs: null, progress: null, waitsFor: null };
  return { number: 0, name, step: name, label: '', state: 'cancelled', decision: 'ran', ...empty, ...times, ...more };
}

describe('a run that was cancelled', () => {
  const items = [
    item('kept', { state: 'succeeded', decision: 'reused' }),
    item('begun', { startedAt: STARTED, durationMs: 5 }),
    item('queued', {}),
  ];
  const run = {
    ...{ id: 'r1', workflow: 'w', file: 'w.yml', state: 'cancelled', failure: null, createdAt: STARTED },
    ...{ durationMs: 5, counts: { succeeded: 1, cancelled: 2 }, items },
  } as unknown as RunView;

  it('counts and shows as run only what began', async () => {
    const api = { get: async () => ({ tools: [] }) } as unknown as ApiClient;
    const outcome = await outcomeOf(api, run, '/nowhere', new AbortController().signal);
    expect(outcome.decisions).toEqual({ reused: 1, ran: 1 });
    expect(runSummaryText(outcome)).toContain('(1 reused, 1 ran)');
    expect(runText(run)).toMatch(/begun +cancelled +ran +5 ms\nqueued +cancelled$/m);
  });
});
