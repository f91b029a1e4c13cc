import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SedgeProcess, buildProgram, itemNamed, makeFolder } from './sedge-process.js';

// Processes are started and ended, which takes its time on a machine that is busy.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const WORKFLOW = `name: two-stages
parameters: { first: 20 }
steps:
  sum: { tool: sum-values, with: { value: $parameters.first, pauseMs: 200 } }
  more: { tool: sum-values, in: { of: $sum.report }, with: { value: $sum.report.value } }
  words: { tool: describe-value, in: { of: $more.report }, expect: [even == 1, value >= 40] }
`;

let folder: Awaited<ReturnType<typeof makeFolder>>;
let sedge: SedgeProcess;
beforeAll(async () => {
  buildProgram();
  folder = await makeFolder();
  sedge = await SedgeProcess.start({ dataDirectory: folder.path });
});
afterAll(async () => {
  await sedge?.stop();
  await folder?.remove();
});

describe('a workflow of process tools, in Python and in shell', () => {
  it('runs through all stages of one process, with live progress and logs', async () => {
    const id = await sedge.startRun(WORKFLOW);
    const progress: unknown[] = [];
    for await (const event of sedge.api.events(`/v1/runs/${id}/events`, AbortSignal.timeout(60_000))) {
      if (JSON.stringify(event).includes('"unit":"part"')) progress.push(event);
    }
    expect(progress.length).toBeGreaterThan(0);
    const run = await sedge.show(id);
    expect([run.state, run.failure]).toEqual(['succeeded', null]);
    const { metadata } = await sedge.api.get<{ metadata: unknown }>(
      `/v1/artifacts/${itemNamed(run, 'words').outputs!['report']}`,
    );
    expect(metadata).toEqual({ metrics: { value: 40, even: 1 } });
    expect(await sedge.api.text(`/v1/runs/${id}/logs?step=words`)).toContain('the value is 40');
  });

  it('runs nothing again when nothing changed, and only what a change touches', async () => {
    const again = await sedge.run(WORKFLOW);
    expect(again.items.map((item) => item.decision)).toEqual(['reused', 'reused', 'reused']);
    const changed = await sedge.run(WORKFLOW, { set: { first: 21 } });
    expect(changed.items.map((item) => item.decision)).toEqual(['ran', 'ran', 'ran']);
  });
});
