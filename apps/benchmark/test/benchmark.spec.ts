import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccuracyReport, LatencyReport } from '@sedge/artifact-contracts';
import { runBuiltinTool, type ToolRunResult } from '@sedge/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tool as benchmarkAccuracy } from '../src/tools/benchmark-accuracy.tool.js';
import { tool as benchmarkLatency } from '../src/tools/benchmark-latency.tool.js';
import { featuresInput, modelInput, programInput, type Input } from './subject.js';

let folder: string;
let model: Input;
let features: Input;
let program: Input;
let runs = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'benchmark-'));
  model = await modelInput(folder);
  features = await featuresInput(folder, 70);
  program = await programInput(folder, model, await readFile(join(model.path, 'model.onnx')));
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const ownFolder = (): string => join(folder, `run-${runs++}`);

async function reportOf<Report>({ outputs }: ToolRunResult): Promise<Report> {
  return JSON.parse(await readFile(join(outputs['report']!.path, 'report.json'), 'utf8')) as Report;
}

describe('benchmark-accuracy', { timeout: 120_000 }, () => {
  const measure = (inputs: Record<string, Input>, engine = 'auto'): Promise<ToolRunResult> =>
    runBuiltinTool(benchmarkAccuracy, { folder: ownFolder(), inputs, parameters: { engine } });

  it('finds the same by ONNX Runtime, by the interpreter and by the program', async () => {
    const reports = await Promise.all(
      ['onnxruntime', 'lne', 'program'].map(async (engine) =>
        reportOf<AccuracyReport>(await measure({ model, features, program }, engine)),
      ),
    );
    const [runtime, interpreter, built] = reports as [AccuracyReport, AccuracyReport, AccuracyReport];
    expect(runtime.engine).toContain('ONNX Runtime');
    expect(built.engine).toContain('program for');
    expect(interpreter.confusion).toEqual(runtime.confusion);
    expect(built.confusion).toEqual(runtime.confusion);
    expect(runtime.confusion.flat().reduce((sum, clips) => sum + clips, 0)).toBe(70);
    // More than one class is heard, or equal counts would mean nothing.
    expect(runtime.confusion[0]!.filter((clips) => clips > 0).length).toBeGreaterThan(1);
    expect(runtime.top1.low).toBeLessThan(runtime.top1.value);
  });

  it('lists each clip, and gives the page without anything from elsewhere', async () => {
    const { outputs } = await measure({ model, features });
    const rows = (await readFile(join(outputs['report']!.path, 'predictions.csv'), 'utf8')).trim().split('\r\n');
    expect(rows).toHaveLength(71);
    expect(rows[3]).toMatch(/^clip-2,unknown,\w+,0\.\d{4}$/);
    const page = await readFile(join(outputs['report']!.path, 'report.html'), 'utf8');
    expect(page).toContain('<svg');
    expect(page).not.toMatch(/(src|href)=|https?:\/\/(?!www\.w3\.org)/);
  });

  it('takes a program without its model', async () => {
    const { outputs } = await measure({ program, features });
    expect(outputs['report']!.metadata['metrics']).toMatchObject({ clips: 70 });
  });

  it('refuses scores that are no numbers', async () => {
    const input = await modelInput(join(folder, 'diverged'));
    const path = join(input.path, 'model.onnx');
    const bytes = await readFile(path);
    // The last layer's bias is the last of the weights; in the file its name stands before its values.
    bytes.writeFloatLE(NaN, bytes.lastIndexOf('bias', bytes.indexOf('sedge')) + 'bias'.length + 2);
    await writeFile(path, bytes);
    await expect(measure({ model: input, features })).rejects.toMatchObject({ code: 'BENCHMARK_OUTPUT_NOT_FINITE' });
  });

  it('refuses what does not belong together, and nothing at all', async () => {
    await expect(measure({ features })).rejects.toMatchObject({ code: 'BENCHMARK_NOTHING_TO_RUN' });
    const other = { ...features, metadata: { ...features.metadata, classes: ['a', 'b', 'c', 'd'] } };
    await expect(measure({ model, features: other })).rejects.toMatchObject({ code: 'BENCHMARK_INPUTS_DIFFER' });
    const narrow = await modelInput(join(folder, 'narrow'), { classes: ['yes', 'no'] });
    const claims = { ...narrow, metadata: { ...narrow.metadata, classes: model.metadata['classes'] } };
    await expect(measure({ model: claims, features })).rejects.toMatchObject({ code: 'BENCHMARK_INPUTS_DIFFER' });
    const preprocessing = { tool: 'extract-mfcc', version: '1', parameters: { bands: 20 } };
    const foreign = { ...features, metadata: { ...features.metadata, preprocessing } };
    await expect(measure({ model, features: foreign })).rejects.toMatchObject({ code: 'BENCHMARK_INPUTS_DIFFER' });
  });
});

describe('benchmark-latency', { timeout: 120_000 }, () => {
  const measure = (inputs: Record<string, Input>, signal?: AbortSignal): Promise<ToolRunResult> =>
    runBuiltinTool(benchmarkLatency, {
      folder: ownFolder(),
      inputs,
      signal,
      parameters: { rounds: 4, roundMs: 20 },
    });

  it('times the program beside ONNX Runtime, with and without its call', async () => {
    const result = await measure({ model, program });
    const report = await reportOf<LatencyReport>(result);
    expect(report.engines.map(({ engine }) => engine)).toEqual([
      expect.stringContaining('Sedge program'),
      expect.stringMatching(/^ONNX Runtime [\d.]+$/),
      expect.stringMatching(/^ONNX Runtime .*taken off$/),
    ]);
    const [own, counted, notCounted] = report.engines as [
      LatencyReport['engines'][0],
      LatencyReport['engines'][0],
      LatencyReport['engines'][0],
    ];
    expect(own.roundMediansMs).toHaveLength(4);
    expect(own.medianMs.value).toBeGreaterThan(0);
    expect(own.minMs).toBeLessThanOrEqual(own.medianMs.value);
    expect(notCounted.medianMs.value).toBeLessThan(counted.medianMs.value);
    expect(report.ratios).toHaveLength(2);
    expect(report.metrics['outputDifference']).toBeLessThan(1e-4);
    expect(report.clock.length).toBeGreaterThanOrEqual(2);
    expect(own.memoryBytes['arena']).toBe(program.metadata['arenaBytes']);
    expect(own.memoryBytes['peakRss']).toBeGreaterThan(own.memoryBytes['arena']!);
  });

  it('times either alone', async () => {
    expect((await reportOf<LatencyReport>(await measure({ program }))).ratios).toEqual([]);
    expect((await reportOf<LatencyReport>(await measure({ model }))).engines[0]!.engine).toContain('ONNX Runtime');
  });

  it('refuses a program of another model', async () => {
    const other = await modelInput(join(folder, 'other'), { seed: 9 });
    await expect(measure({ model: other, program })).rejects.toMatchObject({ code: 'BENCHMARK_INPUTS_DIFFER' });
    await expect(measure({})).rejects.toMatchObject({ code: 'BENCHMARK_NOTHING_TO_RUN' });
  });

  it('says what ONNX Runtime found in a broken model', async () => {
    const broken = { ...model, path: join(folder, 'nowhere') };
    await expect(measure({ model: broken })).rejects.toMatchObject({ code: 'BENCHMARK_ENGINE_FAILED' });
  });

  it('ends when it is cancelled', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 300);
    await expect(measure({ model, program }, controller.signal)).rejects.toThrow(/abort/i);
  });
});
