import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpToolServer } from './http-tool-server.js';
import { itemNamed, until, useSedge } from './sedge-process.js';

const WORKFLOW = `name: third-party
steps:
  one: { tool: sum-values, with: { value: 3 } }
  two: { tool: sum-values, with: { value: 4 } }
  both: { tool: sum-values, in: { all: { all: $sums.report } }, with: { value: 0 } }
  sums: { tool: sum-values, in: { of: $one.report }, sweep: { value: [1, 2] } }
  words: { tool: describe-value, in: { of: $both.report } }
`;

let server: HttpToolServer;
beforeAll(async () => {
  server = await HttpToolServer.start();
});
const bench = useSedge((folder) => ({
  dataDirectory: join(folder, 'data'),
  environment: { SEDGE_TOOLS_DIR: server.writeTools(join(folder, 'tools')) },
}));
afterAll(async () => {
  await server?.stop().catch(() => undefined);
});

describe('a tool of a third party behind HTTP', () => {
  it('takes the place of a step when one word of the workflow changes, and what follows is not run again', async () => {
    const before = await bench.sedge.run(WORKFLOW);
    expect([before.state, before.failure]).toEqual(['succeeded', null]);
    const after = await bench.sedge.run(
      WORKFLOW.replace('both: { tool: sum-values,', 'both: { tool: sum-values-http,'),
    );
    expect([after.state, after.failure]).toEqual(['succeeded', null]);
    expect(itemNamed(after, 'both').decision).toBe('ran');
    expect(itemNamed(after, 'both').outputs).toEqual(itemNamed(before, 'both').outputs);
    expect(itemNamed(after, 'words').decision).toBe('reused');
    const logs = await bench.sedge.api.text(`/v1/runs/${after.id}/logs?step=both`);
    expect(logs).toContain('the sum is 9');
  });

  it('is stopped at its server when the run is cancelled', async () => {
    const id = await bench.sedge.startRun(
      'name: slow\nsteps: { slow: { tool: sum-values-http, with: { pauseMs: 60000 } } }\n',
    );
    await until(async () => itemNamed(await bench.sedge.show(id), 'slow').state === 'running');
    await bench.sedge.api.post(`/v1/runs/${id}/cancel`);
    const job = itemNamed(await bench.sedge.show(id), 'slow').job!;
    await until(async () => (await bench.sedge.job(job)).state === 'cancelled');
  });

  it('that is away is tried again until it is back', async () => {
    const { port } = server;
    const id = await bench.sedge.startRun(
      'name: away\nsteps: { away: { tool: sum-values-http, with: { value: 11, pauseMs: 3000 } } }\n',
    );
    await until(async () => itemNamed(await bench.sedge.show(id), 'away').state === 'running');
    await server.stop();
    server = await HttpToolServer.start(port);
    const run = await bench.sedge.ended(id);
    expect([run.state, run.failure]).toEqual(['succeeded', null]);
    const { attempts } = await bench.sedge.job(itemNamed(run, 'away').job!);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['failed', 'succeeded']);
  });
});
