import type { FeaturesMetadata } from '@sedge/artifact-contracts';
import type { JobInput } from '@sedge/tool-contracts';
import { join } from 'node:path';
import { Hdf5File } from './hdf5-file.js';
import { refusal } from './refusal.js';

/** The clips of one split of a features artifact. */
export interface FeatureSplit {
  classes: string[];
  labels: number[];
  ids: string[];
  /** of one clip: [1, band, frame] */
  shape: number[];
  /** Features of clips `from` to `to` (exclusive), float32 [clip, 1, band, frame]. */
  read(from: number, to: number): Float32Array;
  close(): void;
}

/** Opens a split and checks that its parts fit together. @throws BENCHMARK_FEATURES_UNREADABLE, BENCHMARK_SPLIT_EMPTY */
export async function openFeatureSplit(input: JobInput, split: string): Promise<FeatureSplit> {
  const file = await Hdf5File.open(join(input.path, 'features.h5'), 'BENCHMARK_FEATURES_UNREADABLE');
  const { classes, shape } = input.metadata as unknown as FeaturesMetadata;
  const [clips = 0, ...own] = file.shape(`${split}/data`);
  const labels = file.integers(`${split}/label`);
  if (own.join() !== shape.join()) throw file.wrong(`${split}/data`, `clips of shape [${own}], announced [${shape}]`);
  if (labels.length !== clips) throw file.wrong(`${split}/label`, `${labels.length} labels for ${clips} clips`);
  const stray = labels.find((label) => label < 0 || label >= classes.length);
  if (stray !== undefined)
    throw file.wrong(`${split}/label`, `the label ${stray} names none of ${classes.length} classes`);
  if (clips === 0) throw refusal('BENCHMARK_SPLIT_EMPTY', `features.h5: /${split} holds no clips`);
  return {
    classes,
    labels,
    ids: file.has(`${split}/id`) ? file.texts(`${split}/id`) : labels.map((_, clip) => String(clip)),
    shape,
    read: (from, to) => file.rows<Float32Array>(`${split}/data`, from, to),
    close: () => file.close(),
  };
}
