import { describe, expect, it } from 'vitest';
import { itemNamed, useSedge } from './sedge-process.js';

const WORKFLOW = `name: two-stages
parameters: { first: 20 }
steps:
  sum: { tool: sum-values, with: { value: $parameters.first, pauseMs: 200 } }
  more: { tool: sum-values, in: { of: $sum.report }, with: { value: $sum.report.value } }
  words: { tool: describe-value, in: { of: $more.report }, expect: [even == 1, value >= 40] }
`;

const bench = useSedge();

describe('a workflow of process tools, in Python and in shell', () => {
  it('runs through all stages of one process, with live progress and logs', async () => {
    const id = await bench.sedge.startRun(WORKFLOW);
    const progress: unknown[] = [];
    for await (const event of bench.sedge.api.events(`/v1/runs/${id}/events`, AbortSignal.timeout(60_000))) {
      if (JSON.stringify(event).includes('"unit":"part"')) progress.push(event);
    }
    expect(progress.length).toBeGreaterThan(0);
    const run = await bench.sedge.show(id);
    expect([run.state, run.failure]).toEqual(['succeeded', null]);
    const { metadata } = await bench.sedge.api.get<{ metadata: unknown }>(
      `/v1/artifacts/${itemNamed(run, 'words').outputs!['report']}`,
    );
    expect(metadata).toEqual({ metrics: { value: 40, even: 1 } });
    expect(await bench.sedge.api.text(`/v1/runs/${id}/logs?step=words`)).toContain('the value is 40');
  });

  it('runs nothing again when nothing changed, and only what a change touches', async () => {
    const again = await bench.sedge.run(WORKFLOW);
    expect(again.items.map((item) => item.decision)).toEqual(['reused', 'reused', 'reused']);
    const changed = await bench.sedge.run(WORKFLOW, { set: { first: 21 } });
    expect(changed.items.map((item) => item.decision)).toEqual(['ran', 'ran', 'ran']);
  });
});
