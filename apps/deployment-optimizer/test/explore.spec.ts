import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operators } from '@sedge/lne';
import { keywordNet, runBuiltinTool, type ToolRunRequest, type ToolRunResult } from '@sedge/test-kit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { tool as deployLne } from '../src/tools/deploy-lne.tool.js';
import { tool as exploreLne } from '../src/tools/explore-lne.tool.js';

const PREPROCESSING = { tool: 'external', version: '1', parameters: {} };
const NET = { classes: ['yes', 'no', 'silence'], preprocessing: PREPROCESSING, shape: [20, 16] as [number, number] };
const QUICK = { rounds: 1, episodes: 200, exploring: 100, budgetS: 5 };

let folder: string;
let model: ToolRunRequest['inputs'][string];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'explore-'));
  vi.stubEnv('SEDGE_HOME', join(folder, 'home'));
  const net = keywordNet(NET);
  const path = join(folder, 'model');
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'model.onnx'), net.bytes);
  model = { path, kind: 'model', metadata: { ...net.metadata } };
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

let count = 0;
function explore(parameters: Record<string, unknown> = {}, signal?: AbortSignal): Promise<ToolRunResult> {
  return runBuiltinTool(exploreLne, {
    folder: join(folder, `explore-${count++}`),
    inputs: { model },
    parameters: { ...QUICK, ...parameters },
    signal,
  });
}

describe('explore-lne', () => {
  it('stops when it is cancelled, goes on where it was, and its plan deploys', { timeout: 240_000 }, async () => {
    const stopped = explore({}, AbortSignal.timeout(1500));
    await expect(stopped).rejects.toThrow();

    const { outputs } = await explore();
    const { metrics } = outputs['latency']!.metadata as { metrics: Record<string, number> };
    expect(metrics['medianMs']).toBeGreaterThan(0);
    expect(metrics['medianMs']).toBeLessThanOrEqual(metrics['singlePluginMs']!);
    expect(metrics['learnedAboveOptimum']).toBeGreaterThanOrEqual(0);
    const page = await readFile(join(outputs['latency']!.path, 'report.html'), 'utf8');
    expect(page).toContain('<svg');
    expect(page).not.toMatch(/(?:src|href)=/);

    const plan = { ...outputs['plan']!, kind: 'deployment-plan' };
    const deployed = await runBuiltinTool(deployLne, { folder: join(folder, 'deploy'), inputs: { model, plan } });
    const choices = async (path: string): Promise<unknown> => {
      const { layers } = JSON.parse(await readFile(join(path, 'plan.json'), 'utf8')) as {
        layers: { layer: string; primitive: string; variant: number[] }[];
      };
      return layers.map(({ layer, primitive, variant }) => [layer, primitive, variant]);
    };
    expect(await choices(deployed.outputs['plan']!.path)).toEqual(await choices(plan.path));
  });

  const isBuilt = operators().libraries.some((library) => library.plugin === 'openblas' && library.isBuilt);
  it.skipIf(!isBuilt)('makes a plan over a library that deploys', { timeout: 240_000 }, async () => {
    const { outputs } = await explore({ plugins: ['openblas'] });
    const plan = { ...outputs['plan']!, kind: 'deployment-plan' };
    expect(await readFile(join(plan.path, 'plan.json'), 'utf8')).toContain('"openblas.');
    const deployed = await runBuiltinTool(deployLne, { folder: join(folder, 'linked'), inputs: { model, plan } });
    expect(deployed.outputs['application']!.metadata['links']).toEqual(['OpenBLAS']);
  });

  it('refuses a plugin that is not there, by its name', async () => {
    await expect(explore({ plugins: ['+turbo'] })).rejects.toMatchObject({
      code: 'DEPLOY_PLUGIN_UNKNOWN',
      message: expect.stringMatching(/'turbo'.*core, vector/) as string,
    });
  });

  it('refuses a file that is no model', async () => {
    const path = join(folder, 'broken');
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'source'), 'no model');
    const run = runBuiltinTool(exploreLne, {
      folder: join(folder, 'refused'),
      inputs: { model: { path, kind: 'source', metadata: {} } },
      parameters: QUICK,
    });
    await expect(run).rejects.toMatchObject({ code: 'DEPLOY_MODEL_REFUSED' });
  });
});
