import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SedgeProcess, StartFailure, buildProgram, makeFolder } from './sedge-process.js';

const WORKFLOW = 'name: kept\nsteps: { one: { tool: sum-values, with: { value: 5 } } }\n';

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
    const run = await sedge.run(WORKFLOW);
    const { exitCode, output } = await refusal({ dataDirectory: folder.path });
    expect(exitCode).toBe(5);
    expect(JSON.parse(output)).toEqual({
      error: {
        code: 'DATA_DIRECTORY_BUSY',
        message: `another process works on ${folder.path}`,
        mend: expect.stringContaining('choose another --data-dir'),
      },
    });
    expect((await sedge.run(WORKFLOW)).items[0]!.decision).toBe('reused');
    expect(await sedge.stop()).toBe(0);
    sedge = await SedgeProcess.start({ dataDirectory: folder.path });
    expect(await sedge.show(run.id)).toMatchObject({ state: 'succeeded', items: run.items });
  });

  it('is free again after its process was killed', async () => {
    await sedge.kill();
    sedge = await SedgeProcess.start({ dataDirectory: folder.path });
    expect((await sedge.run(WORKFLOW)).items[0]!.decision).toBe('reused');
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
