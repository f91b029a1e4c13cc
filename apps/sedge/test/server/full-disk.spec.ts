import { join } from 'node:path';
import { SmallDisk, canMount } from '@sedge/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SedgeProcess, buildProgram, itemNamed, until } from './sedge-process.js';

const WORKFLOW = `name: full
steps:
  first: { tool: sum-values, with: { value: 1 } }
  rest: { tool: sum-values, in: { of: $first.report }, with: { sizeMb: 6 }, sweep: { value: [1, 2, 3, 4, 5, 6, 7, 8] } }
  sum: { tool: sum-values, in: { all: { all: $rest.report } } }
`;

// Where mounting is not permitted, the store's own tests inject the fault.
describe.runIf(canMount())('a disk that becomes full under a run', () => {
  let disk: SmallDisk;
  let sedge: SedgeProcess;
  let dataDirectory: string;
  beforeAll(async () => {
    buildProgram();
    disk = new SmallDisk(200);
    dataDirectory = join(disk.path, 'data');
    sedge = await SedgeProcess.start({ dataDirectory });
  });
  afterAll(async () => {
    await sedge?.kill();
    disk?.remove();
  });

  it('fails jobs with the reason, and once there is room a retry comes to the end with nothing lost', async () => {
    const id = await sedge.startRun(WORKFLOW);
    await until(async () =>
      (await sedge.show(id)).items.some((item) => item.name.startsWith('rest') && item.state === 'running'),
    );
    // The process gives up its reserve, which is less than the jobs need.
    disk.fill();
    const failed = async () => (await sedge.show(id)).items.filter((item) => item.state === 'failed');
    await until(async () => (await failed()).length > 0, 90_000);
    for (const { failure } of await failed()) expect(failure!.message).toMatch(/no space left|no room left/i);
    disk.free();
    expect((await sedge.ended(id)).state).toBe('failed');
    await sedge.api.post(`/v1/runs/${id}/retry`);
    const retried = await sedge.ended(id);
    expect([retried.state, retried.failure]).toEqual(['succeeded', null]);
    await sedge.kill();
    sedge = await SedgeProcess.start({ dataDirectory });
    const again = await sedge.run(WORKFLOW);
    expect(new Set(again.items.map(({ decision }) => decision))).toEqual(new Set(['reused']));
    const { metadata } = await sedge.api.get<{ metadata: unknown }>(
      `/v1/artifacts/${itemNamed(again, 'sum').outputs!['report']}`,
    );
    expect(metadata).toEqual({ metrics: { value: 1 + 8 * 1 + 36 } });
  }, 300_000);
});
