import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCloudEvent, subjectOf, type EventMap } from '@sedge/event-contracts';
import type { RegisteredTool } from '@sedge/tool-contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ToolRepository } from '../src/state/tool.repository.js';
import { Harness, itemNamed, statesOf, until } from './harness.js';

type ToolEvent = 'sedge.tool.registered.v1' | 'sedge.tool.removed.v1';

describe('a run whose tools change meanwhile', () => {
  let harness: Harness;
  let measure: RegisteredTool;
  beforeAll(async () => {
    harness = await Harness.start();
    const tools = await harness.service(ToolRepository).all();
    measure = tools.find(({ definition }) => definition.name === 'measure')!;
  });
  afterAll(() => harness?.end());
  afterEach(() => register(measure));

  /** As the stage would. Resolves when it is taken in. */
  const say = async <Type extends ToolEvent>(type: Type, data: EventMap[Type]): Promise<void> => {
    const event = createCloudEvent({
      type,
      source: '/services/samples',
      subject: measure.digest,
      data,
      time: new Date(),
    });
    await harness.bus.publish(subjectOf(type, data), event);
    await until(async () => [...(await harness.bus.pending()).values()].every((count) => count === 0));
  };
  const register = (tool: RegisteredTool): Promise<void> => say('sedge.tool.registered.v1', { tool, stageUrl: null });
  const takeBack = (): Promise<void> => {
    const { name, version, stage } = measure.definition;
    return say('sedge.tool.removed.v1', { name, version, stage });
  };
  const begin = async (name: string): Promise<{ run: string; gate: string }> => {
    const gate = join(harness.folder, `gate-${name}`);
    const run = await harness.start(`name: ${name}
steps:
  slow: { tool: measure, with: { waitFor: ${gate}, note: ${name} } }
  after: { tool: measure, in: { of: $slow } }
`);
    await harness.item(run, 'slow', ({ state }) => state === 'running');
    return { run, gate };
  };

  it('goes on where a tool is taken back, which may only be away; nobody new can name it', async () => {
    const { run, gate } = await begin('away');
    await takeBack();
    const refused = await harness.post('/v1/runs', { workflow: 'name: new\nsteps: { one: { tool: measure } }\n' });
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([
      expect.any(Number),
      expect.stringContaining('WORKFLOW_TOOL_UNKNOWN'),
    ]);
    writeFileSync(gate, '');
    expect(statesOf(await harness.ended(run))).toEqual({ slow: 'succeeded', after: 'succeeded' });
  });

  it('goes on after a restart of the service as well', async () => {
    const { run, gate } = await begin('restarted');
    await takeBack();
    writeFileSync(gate, '');
    harness = await harness.restart();
    expect(statesOf(await harness.ended(run))).toEqual({ slow: 'succeeded', after: 'succeeded' });
  });

  it('fails where a tool became one that the workflow does not fit, and leaves its jobs', async () => {
    const { run } = await begin('other');
    const { note: _, ...properties } = measure.definition.parameters.properties;
    const definition = {
      ...measure.definition,
      version: '2',
      parameters: { ...measure.definition.parameters, properties },
    };
    await register({ ...measure, definition });
    const failed = await harness.ended(run);
    expect(failed).toMatchObject({ state: 'failed', failure: { code: 'WORKFLOW_TOOLS_CHANGED' } });
    expect(statesOf(failed)).toEqual({ slow: 'skipped', after: 'skipped' });
    expect(itemNamed(failed, 'slow').failure).toMatchObject({ code: 'WORKFLOW_RUN_STOPPED' });
    const job = itemNamed(failed, 'slow').job!;
    await until(async () => (await harness.get<{ state: string }>(`/v1/jobs/${job}`)).body.state === 'cancelled');
  });
});
