import { digestOfBytes, type Digest } from '@sedge/artifact-contracts';
import { Transactions } from '@sedge/service-kit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Mistake } from '../src/domain/mistake.js';
import { ArtifactIndex } from '../src/state/artifact-index.service.js';
import { RunCommands, itemsOf } from '../src/state/run-commands.service.js';
import { RunRepository } from '../src/state/run.repository.js';
import { Harness, itemNamed, statesOf } from './harness.js';

const STEPS = 'steps: { step: { tool: measure, in: { source: $inputs.source } } }\n';

let harness: Harness;
let source: Digest;
beforeAll(async () => {
  harness = await Harness.start();
  const upload = await harness.upload({ value: 7 });
  source = (await harness.post<{ id: Digest }>(`/v1/uploads/${upload}/complete`)).body.id;
});
afterAll(() => harness.end());

const workflowOf = (from: string): string => `name: stored\ninputs: { source: ${from} }\n${STEPS}`;
const check = async (workflow: string, more: object = {}): Promise<{ mistakes: Mistake[]; workflow: unknown }> =>
  (await harness.post<{ mistakes: Mistake[]; workflow: unknown }>('/v1/workflows/check', { workflow, ...more })).body;

describe('an input that names a stored artifact', () => {
  it('is that artifact, by the file or by --set, without a job of its own', async () => {
    const named = await harness.run(workflowOf(`{ from: ${source} }`));
    expect(statesOf(named)).toEqual({ 'inputs.source': 'succeeded', step: 'succeeded' });
    expect(itemNamed(named, 'inputs.source')).toMatchObject({ outputs: { source }, job: null, decision: 'reused' });
    const set = await harness.run(workflowOf('{ from: ./x, sha256: ' + 'ab'.repeat(32) + ' }'), { set: { source } });
    expect(itemNamed(set, 'step')).toMatchObject({
      job: itemNamed(named, 'step').job,
      outputs: itemNamed(named, 'step').outputs,
      decision: 'reused',
    });
    const { workflow } = await check(workflowOf(`{ from: ${source} }`));
    expect(workflow).toMatchObject({
      steps: [{ kind: 'stored', tool: null, input: { from: null, artifact: source } }, {}],
    });
    const { body } = await harness.post<{ steps: unknown[] }>('/v1/plans', {
      workflow: workflowOf(`{ from: ${source} }`),
    });
    expect(body.steps).toMatchObject([
      { kind: 'stored', items: [{ state: 'reuse' }] },
      { items: [{ state: 'reuse' }] },
    ]);
  });

  it('is refused before anything runs where it is not there, of another kind, or has a sha256', async () => {
    const codesOf = async (from: string): Promise<string[]> =>
      (await check(workflowOf(from))).mistakes.map(({ code, place }) => `${code} ${place.line}`);
    expect(await codesOf(`{ from: ${digestOfBytes('nothing')} }`)).toEqual(['WORKFLOW_ARTIFACT_UNKNOWN 2']);
    const run = await harness.run(workflowOf(`{ from: ${source} }`));
    const report = Object.values(itemNamed(run, 'step').outputs!)[0]!;
    expect(await codesOf(`{ from: ${report} }`)).toEqual(['WORKFLOW_KIND_MISMATCH 2']);
    expect(await codesOf(`{ from: ${source}, sha256: ${'ab'.repeat(32)} }`)).toEqual(['WORKFLOW_VALUE_INVALID 2']);
  });

  it('is held from the garbage collection by a check, and by the run as soon as there is one', async () => {
    const heard: Digest[] = [];
    harness.service(ArtifactIndex).onStored(({ artifact }) => heard.push(artifact));
    const upload = await harness.upload({ value: 8 });
    const held = (await harness.post<{ id: Digest }>(`/v1/uploads/${upload}/complete`)).body.id;
    // Its event marks it as asked for as well.
    await expect.poll(() => heard).toContain(held);
    const transactions = harness.service(Transactions);
    const isPlanned = async (): Promise<boolean> => {
      const { body } = await harness.post<{ artifacts: { id: string }[] }>('/v1/gc', { dryRun: true });
      return body.artifacts.some(({ id }) => id === held);
    };
    const age = (): Promise<unknown> =>
      transactions.query(`UPDATE artifact SET used_at = now() - interval '2 hours' WHERE id = $1`, [held]);
    await age();
    expect(await isPlanned()).toBe(true);
    await check(workflowOf(`{ from: ${held} }`));
    expect(await isPlanned()).toBe(false);
    await age();
    // Written as a run is, and not woken: so it stands where its process ends before it decides on anything. Nor is it found each second.
    const found = vi.spyOn(harness.service(RunRepository), 'activeIds').mockResolvedValue([]);
    const request = {
      text: workflowOf(`{ from: ${held} }`),
      file: 'w',
      set: {},
      base: { file: null, set: null },
      again: [],
    };
    const checked = await harness.service(RunCommands).check(request);
    if ('mistakes' in checked) throw new Error(JSON.stringify(checked));
    const row = { id: 'unwoken', mode: 'run', workflow: 'stored', request, state: 'running', item_count: 2 } as const;
    const more = { workflow_digest: held, request_digest: held, idempotency_key: null, created_at: new Date() };
    const traces = { traceparent: null, request_traceparent: null };
    const items = itemsOf(checked.workflow);
    await transactions.run((tx) => harness.service(RunRepository).create(tx, { ...row, ...more, ...traces }, items));
    await age();
    expect(await isPlanned()).toBe(false);
    await transactions.query(`DELETE FROM run WHERE id = 'unwoken'`);
    found.mockRestore();
    expect(await isPlanned()).toBe(true);
  });

  it('fails the run where its bytes are damaged, and says how to mend that', async () => {
    const upload = await harness.upload({ value: 9 });
    const damaged = (await harness.post<{ id: Digest }>(`/v1/uploads/${upload}/complete`)).body.id;
    await harness.store.remove(digestOfBytes(JSON.stringify({ value: 9 })));
    const run = await harness.run(workflowOf(`{ from: ${damaged} }`));
    expect(itemNamed(run, 'inputs.source').failure).toMatchObject({ code: 'WORKFLOW_INPUT_DAMAGED' });
  });
});
