import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Hdf5Writer } from '@sedge/hdf5';
import { mfcc, type MfccParameters } from '@sedge/lne';
import { encodeOnnx, gaussian } from '@sedge/test-kit';
import { MFCC, type Input } from './subject.js';

/** Two tones as words, and noise. */
export const TONES = ['low', 'high', 'silence'];
const RATE_HZ = 16000;
const FREQUENCIES_HZ = [400, 2500];

/** A second of quiet noise, with a tone in its middle for the words. */
function recording(label: number, random: () => number): Int16Array {
  const frequency = FREQUENCIES_HZ[label];
  return Int16Array.from({ length: RATE_HZ }, (_, i) => {
    const isSpoken = frequency !== undefined && i > 0.2 * RATE_HZ && i < 0.8 * RATE_HZ;
    const tone = isSpoken ? 8000 * Math.sin((2 * Math.PI * frequency * i) / RATE_HZ) : 0;
    return tone + 60 * random();
  });
}

/** A data set of `clips` recordings of the three classes in turn, and a recording of noise. */
export async function toneDataset(folder: string, clips: number): Promise<Input> {
  const path = join(folder, 'dataset');
  await mkdir(path, { recursive: true });
  const file = await Hdf5Writer.create(join(path, 'dataset.h5'));
  const random = gaussian(11);
  const data = file.dataset('/test/data', 'int16', [RATE_HZ]);
  for (let clip = 0; clip < clips; clip++) data.append(recording(clip % 3, random));
  file.dataset('/test/label', 'int64').append(BigInt64Array.from({ length: clips }, (_, i) => BigInt(i % 3)));
  file.dataset('/background/data', 'int16').append(Int16Array.from({ length: 5 * RATE_HZ }, () => 600 * random()));
  file.dataset('/background/offset', 'int64').append(BigInt64Array.of(0n));
  file.dataset('/background/length', 'int64').append(BigInt64Array.of(BigInt(5 * RATE_HZ)));
  file.texts('/background/name', ['noise']);
  file.texts('/background/split', ['test']);
  file.finish();
  const counts = { train: 0, validation: 0, test: clips };
  return {
    path,
    kind: 'dataset.audio',
    metadata: { classes: TONES, sampleRateHz: RATE_HZ, clipMs: 1000, counts },
  };
}

/** A model that really knows the tones: the nearest of three mean spectra, as one fully connected layer. */
export async function toneModel(folder: string, classes = TONES): Promise<Input> {
  const random = gaussian(5);
  const clips = new Int16Array(3 * RATE_HZ);
  TONES.forEach((_, label) => clips.set(recording(label, random), label * RATE_HZ));
  const features = await mfcc(clips, MFCC as MfccParameters);
  const weights = new Float32Array(3 * 1280);
  const bias = new Float32Array(3);
  const sharpness = 1e-4;
  for (let label = 0; label < 3; label++) {
    for (let band = 0; band < 40; band++) {
      const frames = features.subarray(label * 1280 + band * 32, label * 1280 + band * 32 + 32);
      // Only the middle, where the tone is.
      const mean = frames.subarray(10, 22).reduce((sum, value) => sum + value, 0) / 12;
      weights.fill(2 * sharpness * mean, label * 1280 + band * 32, label * 1280 + band * 32 + 32);
      bias[label]! -= 32 * sharpness * mean * mean;
    }
  }
  const path = join(folder, 'tone-model');
  await mkdir(path, { recursive: true });
  const bytes = encodeOnnx({
    nodes: [
      { op: 'Flatten', inputs: ['input'], output: 'flat' },
      { op: 'Gemm', inputs: ['flat', 'weights', 'bias'], output: 'logits', attributes: { transB: 1 } },
    ],
    weights: { weights: { shape: [3, 1280], data: weights }, bias: { shape: [3], data: bias } },
    input: { name: 'input', shape: [1, 1, 40, 32] },
    output: { name: 'logits', shape: [1, 3] },
  });
  await writeFile(join(path, 'model.onnx'), bytes);
  const metadata = {
    name: 'tones',
    classes,
    input: { name: 'input', shape: [1, 1, 40, 32], layout: 'NCHW', dtype: 'float32' },
    output: { kind: 'logits' },
    preprocessing: { tool: 'extract-mfcc', version: '1', parameters: MFCC },
  };
  return { path, kind: 'model', metadata };
}
