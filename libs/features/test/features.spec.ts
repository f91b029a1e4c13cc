import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hdf5Writer } from '@sedge/hdf5';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { differenceOf, normalize, openFeatureSplit } from '../src/index.js';

const preprocessing = { tool: 'extract-mfcc', version: '1', parameters: { bands: 2, topDb: null } };
const metadata = {
  classes: ['yes', 'no'],
  sampleRateHz: 16000,
  shape: [1, 2, 3],
  counts: { train: 0, validation: 0, test: 2 },
  preprocessing,
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'features-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function writeFeatures(labels: number[]): Promise<void> {
  const file = await Hdf5Writer.create(join(folder, 'features.h5'));
  const data = file.dataset('/test/data', 'float32', [1, 2, 3]);
  data.append(Float32Array.from({ length: 6 * labels.length }, (_, i) => i));
  file.dataset('/test/label', 'int64').append(BigInt64Array.from(labels, BigInt));
  file.texts(
    '/test/id',
    labels.map((_, i) => `clip-${i}`),
  );
  file.finish();
}

describe('openFeatureSplit', () => {
  it('reads clips, labels and ids', async () => {
    await writeFeatures([1, 0]);
    const split = await openFeatureSplit({ path: folder, metadata }, 'test');
    expect(split.labels).toEqual([1, 0]);
    expect(split.ids).toEqual(['clip-0', 'clip-1']);
    expect([...split.read(1, 2)]).toEqual([6, 7, 8, 9, 10, 11]);
    split.close();
  });

  it('refuses a label that names no class', async () => {
    await writeFeatures([0, 2]);
    await expect(openFeatureSplit({ path: folder, metadata }, 'test')).rejects.toMatchObject({
      code: 'FEATURES_UNREADABLE',
      message: expect.stringContaining('the label 2 names none of 2 classes') as string,
    });
  });

  it('refuses a split that is not there, and a file that is none', async () => {
    await writeFeatures([0]);
    const refused = { code: 'FEATURES_UNREADABLE' };
    await expect(openFeatureSplit({ path: folder, metadata }, 'train')).rejects.toMatchObject(refused);
    await writeFile(join(folder, 'features.h5'), 'no HDF5');
    await expect(openFeatureSplit({ path: folder, metadata }, 'test')).rejects.toMatchObject(refused);
  });
});

describe('normalize', () => {
  it('takes mean and deviation of each band, in float32', () => {
    const clips = Float32Array.from([1, 2, 3, 10, 20, 30, 4, 5, 6, 40, 50, 60]);
    normalize(clips, [1, 2, 3], { mean: [1, 10], std: [2, 0.1] });
    const third = (value: number): number => Math.fround(Math.fround(value - 10) / Math.fround(0.1));
    expect([...clips]).toEqual([0, 0.5, 1, 0, third(20), third(30), 1.5, 2, 2.5, third(40), third(50), third(60)]);
  });
});

describe('differenceOf', () => {
  it('finds none where only normalization differs or an unset parameter is left out', () => {
    const wanted = { ...preprocessing, parameters: { bands: 2 }, normalization: { mean: [0, 0], std: [1, 1] } };
    expect(differenceOf(metadata, { preprocessing: wanted, shape: [1, 2, 3] })).toBeNull();
  });

  it('names what differs', () => {
    const wanted = { ...preprocessing, parameters: { bands: 2, topDb: 80 } };
    expect(differenceOf(metadata, { preprocessing: wanted, shape: [1, 2, 3] })).toContain('topDb');
    expect(differenceOf(metadata, { preprocessing, shape: [1, 2, 4] })).toContain('[1,2,3]');
    expect(differenceOf(metadata, { preprocessing: { ...preprocessing, tool: 'other' }, shape: [1, 2, 3] })).toContain(
      'other',
    );
  });
});
