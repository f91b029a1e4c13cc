import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StreamReport } from '@sedge/artifact-contracts';
import { runBuiltinTool, type ToolRunResult } from '@sedge/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tool as benchmarkStream } from '../src/tools/benchmark-stream.tool.js';
import type { Input } from './subject.js';
import { toneDataset, toneModel } from './tones.js';

let folder: string;
let model: Input;
let dataset: Input;
let runs = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stream-'));
  model = await toneModel(folder);
  dataset = await toneDataset(folder, 30);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function measure(inputs: Record<string, Input>, parameters: Record<string, unknown> = {}): Promise<ToolRunResult> {
  return runBuiltinTool(benchmarkStream, { folder: join(folder, `run-${runs++}`), inputs, parameters });
}

async function reportOf({ outputs }: ToolRunResult): Promise<StreamReport> {
  return JSON.parse(await readFile(join(outputs['report']!.path, 'report.json'), 'utf8')) as StreamReport;
}

describe('benchmark-stream', { timeout: 120_000 }, () => {
  it('hears nearly all that a good model can hear, and makes up nothing', async () => {
    const report = await reportOf(await measure({ model, dataset }, { threshold: 0.6 }));
    expect(report.metrics).toMatchObject({ keywords: 20, falseAcceptsPerHour: 0 });
    expect(report.metrics['missRate']).toBeLessThanOrEqual(0.05);
    expect(report.metrics['hours']).toBeGreaterThan((30 * 1.75) / 3600);
    expect(report.points.at(-1)!.missRate).toBeGreaterThanOrEqual(report.points[0]!.missRate);
  });

  it('hears the same by ONNX Runtime, and the same again', async () => {
    const first = await reportOf(await measure({ model, dataset }));
    const second = await reportOf(await measure({ model, dataset }));
    const other = await reportOf(await measure({ model, dataset }, { engine: 'onnxruntime' }));
    expect(second).toEqual(first);
    expect(other.points.map((point) => point.missRate)).toEqual(first.points.map((point) => point.missRate));
  });

  it('takes reports where no keyword was said for false accepts', async () => {
    // The noise between the words is taken for a keyword, and one of the words for background.
    const report = await reportOf(await measure({ model, dataset }, { background: ['low'], threshold: 0.6 }));
    expect(report.metrics['falseAcceptsPerHour']).toBeGreaterThan(100);
    expect(report.metrics['keywords']).toBe(20);
  });

  it('refuses other classes, other preprocessing and a damaged data set', async () => {
    const classes = { ...model, metadata: { ...model.metadata, classes: ['a', 'b', 'c'] } };
    await expect(measure({ model: classes, dataset })).rejects.toMatchObject({ code: 'BENCHMARK_INPUTS_DIFFER' });
    const preprocessing = { tool: 'resize', version: '1', parameters: {} };
    const other = { ...model, metadata: { ...model.metadata, preprocessing } };
    await expect(measure({ model: other, dataset })).rejects.toMatchObject({ code: 'BENCHMARK_PREPROCESSING_UNKNOWN' });
    await writeFile(join(folder, 'dataset.h5'), 'nothing');
    const broken = { ...dataset, path: folder };
    await expect(measure({ model, dataset: broken })).rejects.toMatchObject({ code: 'BENCHMARK_DATASET_UNREADABLE' });
  });
});
