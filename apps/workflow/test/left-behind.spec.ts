import { HOST, Transactions, type Host } from '@sedge/service-kit';
import { writeFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PlanRemoval } from '../src/state/plan-removal.service.js';
import { RunCommands } from '../src/state/run-commands.service.js';
import { RunRepository } from '../src/state/run.repository.js';
import { UploadService } from '../src/state/upload.service.js';
import { WorkflowConfig } from '../src/workflow.config.js';
import { Harness, until } from './harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
  writeFileSync(join(harness.folder, 'data.txt'), 'some data');
});
afterAll(() => harness.end());

const query = <Row>(text: string, values: unknown[] = []): Promise<Row[]> =>
  harness.service(Transactions).query<Row>(text, values);

describe('files of uploads that have ended', () => {
  const folder = (): string => join(harness.folder, 'uploads');
  /** As a process leaves it that is killed once the end is committed, or a chunk that comes just then. */
  const leave = async (): Promise<string> => {
    const upload = await harness.upload({ value: 1 });
    await query('DELETE FROM upload WHERE id = $1', [upload]);
    return upload;
  };

  it('are removed at the next start, and none of an upload that is under way', async () => {
    const underWay = await harness.upload({ value: 2 });
    await leave();
    await mkdir(join(folder(), 'no-upload'));
    harness = await harness.restart();
    expect(await readdir(folder())).toEqual([underWay]);
    expect((await harness.post(`/v1/uploads/${underWay}/complete`)).status).toBe(201);
  });

  it('are removed with those of uploads that were silent for too long', async () => {
    const [left, underWay, silent] = [
      await leave(),
      await harness.upload({ value: 3 }),
      await harness.upload({ value: 4 }),
    ];
    await query(`UPDATE upload SET lease_until = now() - interval '1 s' WHERE id = $1`, [silent]);
    await writeFile(join(folder(), left, '1'), 'a chunk that came late');
    await harness.service(UploadService).expire();
    expect(await readdir(folder())).toEqual([underWay]);
  });
});

describe('the run of a plan', () => {
  const text =
    'name: planned\ninputs: { data: { from: ./data.txt } }\nsteps: { one: { tool: measure, in: { source: $inputs.data } } }\n';
  const runs = async (): Promise<string[]> =>
    (await query<{ id: string }>('SELECT id FROM run ORDER BY id')).map(({ id }) => id);
  const leave = async (): Promise<string> => {
    const base = { file: harness.folder, set: harness.folder };
    const request = { text, file: 'workflow.yml', set: {}, base, again: [] };
    return (await harness.service(RunCommands).start(request, 'plan', null)).run.id;
  };

  it('is gone after it, and that of a killed process after the next start', async () => {
    const { status } = await harness.post('/v1/plans', { workflow: text, baseDirectory: harness.folder });
    expect([status, await runs()]).toEqual([200, []]);
    const [ended, underWay] = [await leave(), await leave()];
    await harness.ended(ended);
    await query(`UPDATE run SET state = 'running' WHERE id = $1`, [underWay]);
    const run = await harness.start(text);
    harness = await harness.restart();
    await until(async () => (await runs()).length === 1);
    expect(await runs()).toEqual([run]);
    await harness.ended(run);
  });

  it('stays where another process may have it, until that waits no more', async () => {
    const [young, old] = [await leave(), await leave()];
    await query(`UPDATE run SET created_at = now() - interval '1 hour' WHERE id <> $1`, [young]);
    const before = await runs();
    const host = { ...(harness.service(HOST as never) as Host), isAlone: false };
    const removal = new PlanRemoval(
      harness.service(RunCommands),
      harness.service(RunRepository),
      new WorkflowConfig(),
      host,
    );
    await removal.onApplicationBootstrap();
    await until(async () => !(await runs()).includes(old));
    await removal.onApplicationShutdown();
    expect(await runs()).toEqual(before.filter((id) => id !== old));
  });
});
