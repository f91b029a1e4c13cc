import { createServer } from 'node:net';
import { join } from 'node:path';
import { SmallDisk, canMount } from '@sedge/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SedgeProcess, StartFailure, buildProgram, itemNamed, makeFolder, until, useSedge } from './sedge-process.js';

const WORKFLOW = 'name: kept\nsteps: { one: { tool: sum-values, with: { value: 5 } } }\n';

const bench = useSedge();

async function refusal(options: { dataDirectory: string; port?: number }): Promise<StartFailure> {
  try {
    await (await SedgeProcess.start(options)).stop();
  } catch (error) {
    if (error instanceof StartFailure) return error;
    throw error;
  }
  throw new Error('it started');
}

describe('a data directory', () => {
  it('has one process: a second one is refused with what to do, and nothing is lost', async () => {
    const run = await bench.sedge.run(WORKFLOW);
    const { exitCode, output } = await refusal({ dataDirectory: bench.folder });
    expect(exitCode).toBe(5);
    expect(JSON.parse(output)).toEqual({
      error: {
        code: 'DATA_DIRECTORY_BUSY',
        message: `another process works on ${bench.folder}`,
        mend: expect.stringContaining('choose another --data-dir'),
      },
    });
    expect((await bench.sedge.run(WORKFLOW)).items[0]!.decision).toBe('reused');
    expect(await bench.sedge.stop()).toBe(0);
    bench.sedge = await SedgeProcess.start({ dataDirectory: bench.folder });
    expect(await bench.sedge.show(run.id)).toMatchObject({ state: 'succeeded', items: run.items });
  });

  it('is free again after its process was killed', async () => {
    await bench.sedge.kill();
    bench.sedge = await SedgeProcess.start({ dataDirectory: bench.folder });
    expect((await bench.sedge.run(WORKFLOW)).items[0]!.decision).toBe('reused');
  });
});

describe('a port in use', () => {
  it('is refused with what to do, and the data directory is free again', async () => {
    const other = await makeFolder();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    try {
      const { exitCode, output } = await refusal({ dataDirectory: other.path, port });
      expect(exitCode).toBe(5);
      expect(JSON.parse(output).error).toEqual({
        code: 'PORT_BUSY',
        message: `port ${port} is in use`,
        mend: expect.stringContaining('choose another port'),
      });
      await (await SedgeProcess.start({ dataDirectory: other.path })).stop();
    } finally {
      server.close();
      await other.remove();
    }
  });
});

const FILLING = `name: full
steps:
  first: { tool: sum-values, with: { value: 1 } }
  rest: { tool: sum-values, in: { of: $first.report }, with: { sizeMb: 6 }, sweep: { value: [1, 2, 3, 4, 5, 6, 7, 8] } }
  sum: { tool: sum-values, in: { all: { all: $rest.report } } }
`;

// Where mounting is not permitted, the store's own tests inject the fault.
if (canMount())
  describe('a disk that becomes full under a run', () => {
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
      const id = await sedge.startRun(FILLING);
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
      const again = await sedge.run(FILLING);
      expect(new Set(again.items.map(({ decision }) => decision))).toEqual(new Set(['reused']));
      const { metadata } = await sedge.api.get<{ metadata: unknown }>(
        `/v1/artifacts/${itemNamed(again, 'sum').outputs!['report']}`,
      );
      expect(metadata).toEqual({ metrics: { value: 1 + 8 * 1 + 36 } });
    }, 300_000);
  });
