import { join } from 'node:path';
import type { DatasetAudioMetadata } from '@sedge/artifact-contracts';
import { Hdf5Error, Hdf5Reader } from '@sedge/hdf5';
import type { JobInput } from '@sedge/tool-contracts';
import { refusal } from '../engine/refusal.js';

/** The recordings of a data set's split, and the noise that belongs to it. */
export interface StreamDataset {
  classes: string[];
  sampleRateHz: number;
  clipSamples: number;
  labels: number[];
  noiseLengths: number[];
  clip(number: number): Int16Array;
  noise(recording: number, offset: number, length: number): Int16Array;
  close(): void;
}

/** @throws ToolError BENCHMARK_DATASET_UNREADABLE */
export async function openStreamDataset(input: JobInput, split: string): Promise<StreamDataset> {
  const { classes, sampleRateHz } = input.metadata as unknown as DatasetAudioMetadata;
  const file = await reading(() => Hdf5Reader.open(join(input.path, 'dataset.h5')));
  try {
    const [clips = 0, clipSamples = 0] = await reading(() => file.shape(`${split}/data`));
    const labels = await reading(() => file.integers(`${split}/label`));
    if (clips === 0) throw refusal('BENCHMARK_DATASET_UNREADABLE', `dataset.h5: /${split} holds no recordings`);
    if (labels.length !== clips || labels.some((label) => label < 0 || label >= classes.length)) {
      throw refusal('BENCHMARK_DATASET_UNREADABLE', `dataset.h5: /${split}/label does not fit the recordings`);
    }
    const noises = await reading(() => noisesOf(file, split));
    return {
      classes,
      sampleRateHz,
      clipSamples,
      labels,
      noiseLengths: noises.map(({ length }) => length),
      clip: (number) => file.rows(`${split}/data`, 'int16', number, number + 1),
      noise: (recording, offset, length) => {
        const from = noises[recording]!.offset + offset;
        return file.rows('background/data', 'int16', from, from + length);
      },
      close: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Noise of the same split where there is some: what training heard would flatter. */
function noisesOf(file: Hdf5Reader, split: string): { offset: number; length: number }[] {
  if (!file.has('background/data')) return [];
  const offsets = file.integers('background/offset');
  const lengths = file.integers('background/length');
  const splits = file.has('background/split') ? file.texts('background/split') : [];
  const all = offsets.map((offset, i) => ({ offset, length: lengths[i]!, split: splits[i] ?? '' }));
  const usable = all.filter(({ length }) => length > 0);
  const own = usable.filter((noise) => noise.split === split);
  return own.length > 0 ? own : usable;
}

async function reading<Result>(calls: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await calls();
  } catch (error) {
    if (!(error instanceof Hdf5Error)) throw error;
    throw refusal('BENCHMARK_DATASET_UNREADABLE', `${error.message}; ingest the recordings again`);
  }
}
