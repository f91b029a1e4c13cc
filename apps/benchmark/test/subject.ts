import { execFile } from 'node:child_process';
import { copyFile, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { ModelMetadata } from '@sedge/artifact-contracts';
import { Hdf5Writer } from '@sedge/hdf5';
import { importNetwork, nativeTarget } from '@sedge/lne';
import {
  KEYWORD_PREPROCESSING,
  gaussian,
  keywordNet,
  type KeywordNetOptions,
  type ToolRunRequest,
} from '@sedge/test-kit';

const run = promisify(execFile);

export type Input = ToolRunRequest['inputs'][string];

export const CLASSES = ['yes', 'no', 'unknown', 'silence'];
export const MFCC = KEYWORD_PREPROCESSING.parameters;
/** The seed is one whose network hears more than one class in random clips. */
export const NET: KeywordNetOptions = {
  classes: CLASSES,
  preprocessing: KEYWORD_PREPROCESSING,
  shape: [40, 32],
  seed: 2,
};

/** A model artifact with an untrained network in it. */
export async function modelInput(folder: string, options: Partial<KeywordNetOptions> = {}): Promise<Input> {
  const net = keywordNet({ ...NET, ...options });
  const path = join(folder, 'model');
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'model.onnx'), net.bytes);
  return { path, kind: 'model', metadata: { ...net.metadata } };
}

/** A features artifact with random clips. */
export async function featuresInput(folder: string, clips: number, more: object = {}): Promise<Input> {
  const path = join(folder, 'features');
  await mkdir(path, { recursive: true });
  const file = await Hdf5Writer.create(join(path, 'features.h5'));
  const random = gaussian(3);
  const data = file.dataset('/test/data', 'float32', [1, 40, 32]);
  for (let clip = 0; clip < clips; clip++) {
    // Each clip has a level and a spectrum of its own; clips of mere noise would all be heard alike.
    const level = 40 * random();
    const spectrum = Float32Array.from({ length: 40 }, () => level + 15 * random());
    data.append(Float32Array.from({ length: 1280 }, (_, i) => -3.5 + spectrum[Math.floor(i / 32)]! + 5 * random()));
  }
  file.dataset('/test/label', 'int64').append(BigInt64Array.from({ length: clips }, (_, i) => BigInt(i % 4)));
  file.texts(
    '/test/id',
    Array.from({ length: clips }, (_, i) => `clip-${i}`),
  );
  file.finish();
  const metadata = {
    classes: CLASSES,
    sampleRateHz: 16000,
    shape: [1, 40, 32],
    counts: { train: 0, validation: 0, test: clips },
    preprocessing: { tool: 'extract-mfcc', version: '1', parameters: MFCC },
    ...more,
  };
  return { path, kind: 'features', metadata };
}

/** Generates and builds the program of a model. */
export async function programInput(folder: string, model: Input, bytes: Uint8Array): Promise<Input> {
  const { classes, preprocessing, output } = model.metadata as unknown as ModelMetadata;
  const network = await importNetwork(bytes, { file: 'model.onnx', plan: null });
  const goldenInputs = [new Float32Array(1280).fill(0.5)];
  const metadata = { classes, preprocessing, output };
  const files = await network.generate({ name: 'app', goldenInputs, metadata });
  const source = join(folder, 'application');
  for (const [path, content] of files) {
    await mkdir(dirname(join(source, path)), { recursive: true });
    await writeFile(join(source, path), content);
  }
  const build = join(source, 'out');
  await run('cmake', ['-S', source, '-B', build]);
  await run('cmake', ['--build', build, '--parallel', '2']);
  const path = join(folder, 'program');
  await mkdir(path, { recursive: true });
  await copyFile(join(build, 'app'), join(path, 'app'));
  const { arenaBytes, weightsBytes } = network.footprint;
  const sizeBytes = (await stat(join(path, 'app'))).size;
  return {
    path,
    kind: 'program',
    metadata: {
      ...{ classes, preprocessing, arenaBytes, weightsBytes, sizeBytes },
      ...{ target: nativeTarget(), compiler: { name: 'GNU', version: '12' } },
    },
  };
}
