import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelMetadata } from '@sedge/artifact-contracts';
import { Hdf5Writer } from '@sedge/hdf5';
import { decodeWav, operators } from '@sedge/lne';
import {
  KEYWORD_PREPROCESSING,
  gaussian,
  keywordNet,
  runBuiltinTool,
  type ToolRunRequest,
  type ToolRunResult,
} from '@sedge/test-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tool as buildApplication } from '../src/tools/build-application.tool.js';
import { tool as deployLne } from '../src/tools/deploy-lne.tool.js';

const CLASSES = ['yes', 'no', 'silence'];
const NET = { classes: CLASSES, preprocessing: KEYWORD_PREPROCESSING, shape: [40, 32] as [number, number] };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deploy-'));
});
// A compiler that was ended may still be writing its last file.
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));

async function model(metadata: Partial<ModelMetadata> = {}): Promise<ToolRunRequest['inputs'][string]> {
  const net = keywordNet(NET);
  const path = join(folder, 'model');
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'model.onnx'), net.bytes);
  return { path, kind: 'model', metadata: { ...net.metadata, ...metadata } };
}

/** An ONNX file as somebody else's training made it. */
async function foreignModel(isSelfDescribing: boolean): Promise<ToolRunRequest['inputs'][string]> {
  const path = join(folder, 'source');
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'source'), keywordNet({ ...NET, isSelfDescribing }).bytes);
  return { path, kind: 'source', metadata: {} };
}

async function calibration(parameters = KEYWORD_PREPROCESSING.parameters): Promise<ToolRunRequest['inputs'][string]> {
  const path = join(folder, 'features');
  await mkdir(path, { recursive: true });
  const file = await Hdf5Writer.create(join(path, 'features.h5'));
  const random = gaussian(7);
  const values = Float32Array.from({ length: 5 * 1280 }, () => -3.5 + 20 * random());
  file.dataset('/validation/data', 'float32', [1, 40, 32]).append(values);
  file.dataset('/validation/label', 'int64').append(BigInt64Array.from([0n, 1n, 2n, 0n, 1n]));
  file.finish();
  const metadata = {
    classes: CLASSES,
    sampleRateHz: 16000,
    shape: [1, 40, 32],
    counts: { train: 0, validation: 5, test: 0 },
    preprocessing: { ...KEYWORD_PREPROCESSING, parameters, normalization: undefined },
  };
  return { path, kind: 'features', metadata };
}

/** A data set of one second of noise per clip; `labels` of its test split. */
async function recordings(labels: bigint[]): Promise<ToolRunRequest['inputs'][string]> {
  const path = join(folder, 'dataset');
  await mkdir(path, { recursive: true });
  const file = await Hdf5Writer.create(join(path, 'dataset.h5'));
  const clips = Int16Array.from({ length: labels.length * 16_000 }, (_, at) => (at * 7919) % 20_011);
  file.dataset('/test/data', 'int16', [16_000]).append(clips);
  file.dataset('/test/label', 'int64').append(BigInt64Array.from(labels));
  file.finish();
  return { path, kind: 'dataset.audio', metadata: { classes: ['yes', '../no', 'silence'], sampleRateHz: 16000 } };
}

let count = 0;
function deploy(inputs: ToolRunRequest['inputs'], parameters: Record<string, unknown> = {}): Promise<ToolRunResult> {
  return runBuiltinTool(deployLne, { folder: join(folder, `deploy-${count++}`), inputs, parameters });
}

function build(application: ToolRunRequest['inputs'][string], signal?: AbortSignal): Promise<ToolRunResult> {
  return runBuiltinTool(buildApplication, {
    folder: join(folder, `build-${count++}`),
    inputs: { application },
    signal,
  });
}

async function contents({ path, files }: ToolRunResult['outputs'][string]): Promise<Record<string, string>> {
  const texts = await Promise.all(files.map((file) => readFile(join(path, file), 'base64')));
  return Object.fromEntries(files.map((file, i) => [file, texts[i]!]));
}

describe('deploy-lne', () => {
  it('generates the same bytes twice', async () => {
    const inputs = { model: await model(), calibration: await calibration() };
    const [first, second] = [await deploy(inputs), await deploy(inputs)];
    for (const name of ['application', 'plan', 'footprint']) {
      expect(await contents(first.outputs[name]!)).toEqual(await contents(second.outputs[name]!));
      expect(first.outputs[name]!.metadata).toEqual(second.outputs[name]!.metadata);
    }
    expect(first.outputs['application']!.metadata['target']).not.toBe('native');
  });

  it('says what the program needs before it is built', async () => {
    const { outputs } = await deploy({ model: await model() });
    const metadata = outputs['application']!.metadata as Record<string, number>;
    const weights = await readFile(join(outputs['application']!.path, 'src', 'weights.bin'));
    expect(metadata['weightsBytes']).toBe(weights.length);
    expect(metadata['arenaBytes']).toBeLessThanOrEqual(1.05 * metadata['arenaLowerBoundBytes']!);
    expect(outputs['footprint']!.metadata['metrics']).toMatchObject({ arenaBytes: metadata['arenaBytes'] });
    const page = await readFile(join(outputs['footprint']!.path, 'report.html'), 'utf8');
    const plan = JSON.parse(await readFile(join(outputs['plan']!.path, 'plan.json'), 'utf8')) as { layers: object[] };
    expect(page.split('<tr>').length - 2).toBe(plan.layers.length);
    expect(page).toContain('Arena');
    expect(page).not.toMatch(/(src|href)=|undefined|NaN/);
  });

  it('uses only the plugins that are allowed', async () => {
    const inputs = { model: await model() };
    const primitivesOf = async ({ outputs }: ToolRunResult): Promise<string[]> => {
      const plan = JSON.parse(await readFile(join(outputs['plan']!.path, 'plan.json'), 'utf8')) as {
        layers: { primitive: string }[];
      };
      return plan.layers.map(({ primitive }) => primitive.split('.')[0]!);
    };
    expect(new Set(await primitivesOf(await deploy(inputs, { plugins: ['core'] })))).toEqual(new Set(['core']));
    expect(await primitivesOf(await deploy(inputs, { plugins: ['-winograd'] }))).not.toContain('winograd');
    expect(await primitivesOf(await deploy(inputs))).toContain('vector');
    await expect(deploy(inputs, { plugins: ['turbo'] })).rejects.toMatchObject({
      code: 'DEPLOY_PLUGIN_UNKNOWN',
      message: expect.stringContaining('core, vector') as string,
    });
  });

  it('takes an edited plan', async () => {
    const inputs = { model: await model() };
    const plan = (await deploy(inputs)).outputs['plan']!;
    const text = await readFile(join(plan.path, 'plan.json'), 'utf8');
    const edited = JSON.parse(text) as { layers: Record<string, unknown>[] };
    edited.layers[0]!['primitive'] = 'core.conv';
    edited.layers[0]!['variant'] = [];
    await writeFile(join(plan.path, 'plan.json'), JSON.stringify(edited));
    const again = await deploy({ ...inputs, plan });
    const result = JSON.parse(await readFile(join(again.outputs['plan']!.path, 'plan.json'), 'utf8')) as typeof edited;
    expect(result.layers[0]!['primitive']).toBe('core.conv');
    edited.layers[0]!['primitive'] = 'core.pool';
    await writeFile(join(plan.path, 'plan.json'), JSON.stringify(edited));
    await expect(deploy({ ...inputs, plan })).rejects.toMatchObject({ code: 'DEPLOY_PLAN_REFUSED' });
  });

  it('lays a recording of each class beside the program, by names that stay in its folder', async () => {
    const { outputs } = await deploy({ model: await model(), recordings: await recordings([1n, 0n, 1n, 0n]) });
    const { files, path } = outputs['application']!;
    expect(files.filter((file) => file.startsWith('recordings')).sort()).toEqual([
      'recordings/class-1.wav',
      'recordings/yes.wav',
    ]);
    const { samples, sampleRateHz } = decodeWav(await readFile(join(path, 'recordings', 'yes.wav')));
    expect([samples.length, sampleRateHz]).toEqual([16_000, 16_000]);
    const first = Math.round(samples[0]! * (samples instanceof Int16Array ? 1 : 32_768));
    expect(first).toBe((16_000 * 7919) % 20_011);
  });

  it('refuses a model that does not say how it is used, unless the user does', async () => {
    const inputs = { model: await foreignModel(false) };
    await expect(deploy(inputs)).rejects.toMatchObject({
      code: 'DEPLOY_USE_UNKNOWN',
      message: expect.stringContaining('no classes and no preprocessing') as string,
    });
    const { outputs } = await deploy(inputs, { classes: CLASSES, preprocessing: KEYWORD_PREPROCESSING });
    expect(outputs['application']!.metadata['classes']).toEqual(CLASSES);
    await expect(deploy(inputs, { classes: ['one'], preprocessing: KEYWORD_PREPROCESSING })).rejects.toThrow(
      /1 classes/,
    );
  });

  it('takes an ONNX file that carries its use', async () => {
    const { outputs } = await deploy({ model: await foreignModel(true) });
    expect(outputs['application']!.metadata).toMatchObject({ classes: CLASSES, preprocessing: KEYWORD_PREPROCESSING });
  });

  it('refuses features of another kind and a file that is no model', async () => {
    const other = await calibration({ ...KEYWORD_PREPROCESSING.parameters, strideMs: 16 });
    await expect(deploy({ model: await model(), calibration: other })).rejects.toMatchObject({
      code: 'DEPLOY_CALIBRATION_DIFFERS',
      message: expect.stringContaining('strideMs') as string,
    });
    const broken = await model();
    const whole = await readFile(join(broken.path, 'model.onnx'));
    await writeFile(join(broken.path, 'model.onnx'), whole.subarray(0, whole.length / 2));
    await expect(deploy({ model: broken })).rejects.toMatchObject({ code: 'DEPLOY_MODEL_REFUSED' });
  });
});

const OPENBLAS = operators().libraries.find(({ plugin }) => plugin === 'openblas')!;

/** A plan whose convolutions OpenBLAS computes, as an exploration with its plugin may give it. */
async function planOverLibrary(inputs: ToolRunRequest['inputs']): Promise<ToolRunRequest['inputs'][string]> {
  const { path } = (await deploy(inputs)).outputs['plan']!;
  const text = await readFile(join(path, 'plan.json'), 'utf8');
  const plan = JSON.parse(text) as { layers: { op: string; primitive: string; variant: number[] }[] };
  for (const layer of plan.layers) {
    if (layer.op === 'conv') Object.assign(layer, { primitive: 'openblas.conv_gemm', variant: [] });
  }
  await writeFile(join(path, 'plan.json'), JSON.stringify(plan));
  return { path, kind: 'deployment-plan', metadata: {} };
}

describe('a plan that uses a plugin over a library', { timeout: 300_000 }, () => {
  it.skipIf(!OPENBLAS.isBuilt)('makes a program that links and lists the library', async () => {
    const inputs = { model: await model() };
    const before = await contents((await deploy(inputs)).outputs['footprint']!);
    const deployed = await deploy({ ...inputs, plan: await planOverLibrary(inputs) });
    const application = deployed.outputs['application']!;
    expect(application.metadata['links']).toEqual(['OpenBLAS']);
    expect(application.files).toContain('libraries/openblas.cmake');
    expect(JSON.stringify(deployed.lines)).toContain('links OpenBLAS');
    const program = (await build(application)).outputs['program']!;
    expect(program.metadata['links']).toEqual(['OpenBLAS']);
    expect(program.metadata['selfTest']).toMatchObject({ passed: true });
    // What was loaded for one network is not in the report on another.
    const after = await deploy(inputs);
    expect(await contents(after.outputs['footprint']!)).toEqual(before);
    expect(after.outputs['application']!.metadata).not.toHaveProperty('links');
  });

  it.skipIf(!OPENBLAS.isBuilt)('is what the parameter asks for', async () => {
    const { outputs } = await deploy({ model: await model() }, { plugins: ['openblas'] });
    expect(outputs['application']!.metadata['links']).toEqual(['OpenBLAS']);
  });

  it.skipIf(!OPENBLAS.isBuilt)('is not built where the library is missing, which is said', async () => {
    const { outputs } = await deploy({ model: await model() }, { plugins: ['openblas'] });
    const application = outputs['application']!;
    const lists = join(application.path, 'CMakeLists.txt');
    // As on a machine that does not have it.
    await writeFile(lists, `set(LNE_OPENBLAS_LIBRARY "" CACHE STRING "")\n${await readFile(lists, 'utf8')}`);
    await expect(build(application)).rejects.toMatchObject({
      code: 'BUILD_LIBRARY_MISSING',
      message: 'This program calls OpenBLAS, which is not here. Get it: apt-get install libopenblas-dev',
    });
  });
});

// Compilers take their time on a machine that does other things.
describe('build-application', { timeout: 300_000 }, () => {
  it('builds a program that proves itself, the same bytes in another folder', async () => {
    const { outputs } = await deploy({ model: await model(), calibration: await calibration() });
    const first = await build(outputs['application']!);
    const program = first.outputs['program']!;
    expect(program.metadata).toMatchObject({ selfTest: { passed: true, vectors: 4, bitwise: true }, classes: CLASSES });
    expect(first.lines.filter((line) => line.type === 'progress').length).toBeGreaterThan(2);
    const second = await build(outputs['application']!);
    expect(await contents(second.outputs['program']!)).toEqual(await contents(program));
  });

  it('refuses an application for another processor', async () => {
    const target = process.arch === 'x64' ? 'aarch64' : 'x86-64-v3';
    const { outputs } = await deploy({ model: await model() }, { target });
    await expect(build(outputs['application']!)).rejects.toMatchObject({ code: 'BUILD_TARGET_FOREIGN' });
  });

  it('reports a program that computes something else', async () => {
    const { outputs } = await deploy({ model: await model() });
    const weights = join(outputs['application']!.path, 'src', 'weights.bin');
    const bytes = await readFile(weights);
    for (let at = 0; at + 4 <= bytes.length; at += 4) bytes.writeFloatLE(bytes.readFloatLE(at) * 1.01, at);
    await writeFile(weights, bytes);
    await expect(build(outputs['application']!)).rejects.toMatchObject({
      code: 'BUILD_SELF_TEST_FAILED',
      message: expect.stringContaining('first at layer') as string,
    });
  });

  it("hands on the compiler's words", async () => {
    const { outputs } = await deploy({ model: await model() });
    await writeFile(join(outputs['application']!.path, 'src', 'main.cpp'), '#error spoiled\n');
    await expect(build(outputs['application']!)).rejects.toMatchObject({
      code: 'BUILD_FAILED',
      message: expect.stringContaining('spoiled') as string,
    });
  });

  it('says that CMake is missing', async () => {
    const { outputs } = await deploy({ model: await model() });
    const path = process.env['PATH'];
    process.env['PATH'] = folder;
    try {
      await expect(build(outputs['application']!)).rejects.toMatchObject({ code: 'BUILD_CMAKE_MISSING' });
    } finally {
      process.env['PATH'] = path;
    }
  });

  it('ends when it is cancelled', async () => {
    const { outputs } = await deploy({ model: await model() });
    const controller = new AbortController();
    const building = build(outputs['application']!, controller.signal);
    setTimeout(() => controller.abort(), 300);
    await expect(building).rejects.toThrow(/abort/i);
  });
});
