import { join } from 'node:path';
import type { FeaturesMetadata } from '@sedge/artifact-contracts';
import { Hdf5Error, Hdf5Reader } from '@sedge/hdf5';
import { ToolError, type JobInput } from '@sedge/tool-contracts';

/** What features are refused with. Codes are stable for ever. */
export const FEATURES_ERRORS = {
  FEATURES_UNREADABLE: {
    sentence: 'The features are not an HDF5 file with the split that was asked for.',
    mend: 'Extract them again from the data set.',
  },
  FEATURES_SPLIT_EMPTY: {
    sentence: 'The split holds no clips.',
    mend: 'Give more recordings, or choose another split.',
  },
} as const;

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

/** Opens a split and checks that its parts fit together. @throws ToolError FEATURES_UNREADABLE, FEATURES_SPLIT_EMPTY */
export async function openFeatureSplit(
  input: Pick<JobInput, 'path' | 'metadata'>,
  split: string,
): Promise<FeatureSplit> {
  const path = join(input.path, 'features.h5');
  const file = await reading(() => Hdf5Reader.open(path));
  try {
    return await reading(() => readSplit(file, split, input.metadata as unknown as FeaturesMetadata));
  } catch (error) {
    file.close();
    throw error;
  }
}

function readSplit(file: Hdf5Reader, split: string, { classes, shape }: FeaturesMetadata): FeatureSplit {
  const [clips = 0, ...own] = file.shape(`${split}/data`);
  const labels = file.integers(`${split}/label`);
  if (own.join() !== shape.join()) throw wrong(file, `${split}/data`, `clips of shape [${own}], announced [${shape}]`);
  if (labels.length !== clips) throw wrong(file, `${split}/label`, `${labels.length} labels for ${clips} clips`);
  const stray = labels.find((label) => label < 0 || label >= classes.length);
  if (stray !== undefined)
    throw wrong(file, `${split}/label`, `the label ${stray} names none of ${classes.length} classes`);
  if (clips === 0) throw new ToolError('FEATURES_SPLIT_EMPTY', `${file.path}: /${split} holds no clips`);
  const data = `${split}/data`;
  return {
    classes,
    labels,
    ids: file.has(`${split}/id`) ? file.texts(`${split}/id`) : labels.map((_, clip) => String(clip)),
    shape,
    read: (from, to) => file.rows(data, 'float32', from, to),
    close: () => file.close(),
  };
}

function wrong(file: Hdf5Reader, name: string, what: string): ToolError {
  return new ToolError('FEATURES_UNREADABLE', `${file.path}: /${name}: ${what}; extract the features again`);
}

/** A file that the library can't read is the input's fault, not the tool's. */
async function reading<Result>(calls: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await calls();
  } catch (error) {
    if (!(error instanceof Hdf5Error)) throw error;
    throw new ToolError('FEATURES_UNREADABLE', `${error.message}; extract the features again`);
  }
}
