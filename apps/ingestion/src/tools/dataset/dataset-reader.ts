import { join } from 'node:path';
import { Hdf5Error, Hdf5Reader } from '@sedge/hdf5';
import type { JobInput } from '@sedge/tool-contracts';
import type { NoiseStretch } from '../../domain/noise-stretches.js';
import { SPLITS, type Split } from '../../domain/recording.js';
import { refusal } from '../../errors.js';
import { DATASET_FILE } from './dataset-file.js';

/** What a split holds beside its samples, row by row. */
export interface SplitRows {
  label: number[];
  id: string[];
  speaker: string[];
}

/** A data set, open for reading and checked against what its kind promises. */
export class DatasetReader {
  private constructor(
    private readonly file: Hdf5Reader,
    readonly classes: string[],
    readonly sampleRateHz: number,
    readonly clipSamples: number,
    private readonly rowsBySplit: Record<Split, SplitRows>,
  ) {}

  /** @throws INGESTION_DATASET */
  static async open({ path }: JobInput): Promise<DatasetReader> {
    let file: Hdf5Reader | null = null;
    try {
      file = await Hdf5Reader.open(join(path, DATASET_FILE));
      const opened = file;
      const classes = file.textsAttribute('/', 'classes');
      const rows = (split: Split): SplitRows => rowsOf(opened, split, classes.length);
      const rowsBySplit = { train: rows('train'), validation: rows('validation'), test: rows('test') };
      const clipSamples = clipSamplesOf(file);
      return new DatasetReader(file, classes, file.numberAttribute('/', 'sampleRateHz'), clipSamples, rowsBySplit);
    } catch (error) {
      file?.close();
      throw asRefusal(error);
    }
  }

  close(): void {
    this.file.close();
  }

  rows(split: Split): SplitRows {
    return this.rowsBySplit[split];
  }

  /** Samples of the clips `from` to `to` (exclusive), one after the other. */
  clips(split: Split, from: number, to: number): Int16Array<ArrayBuffer> {
    return this.read(() => this.file.rows(`/${split}/data`, 'int16', from, to));
  }

  stretches(): NoiseStretch[] {
    if (!this.file.has('/background')) return [];
    return this.read(() => {
      const offsets = this.file.integers('/background/offset');
      const lengths = this.file.integers('/background/length');
      const names = this.file.texts('/background/name');
      const splits = this.file.texts('/background/split');
      const total = this.file.rowCount('/background/data');
      return offsets.map((offset, at) => {
        const length = lengths[at] ?? -1;
        const split = splits[at] as Split;
        if (offset < 0 || length < 0 || offset + length > total || !SPLITS.includes(split)) {
          throw refusal('INGESTION_DATASET', { reason: `/background: stretch ${at} is none` });
        }
        return { name: names[at] ?? '', split, offset, length };
      });
    });
  }

  noise(from: number, to: number): Int16Array<ArrayBuffer> {
    return this.read(() => this.file.rows('/background/data', 'int16', from, to));
  }

  private read<Result>(reading: () => Result): Result {
    try {
      return reading();
    } catch (error) {
      throw asRefusal(error);
    }
  }
}

function rowsOf(file: Hdf5Reader, split: Split, classCount: number): SplitRows {
  const label = file.integers(`/${split}/label`);
  const id = file.texts(`/${split}/id`);
  const speaker = file.texts(`/${split}/speaker`);
  const count = file.rowCount(`/${split}/data`);
  if (label.length !== count || id.length !== count || speaker.length !== count) {
    throw refusal('INGESTION_DATASET', { reason: `/${split}: data, label, id and speaker differ in length` });
  }
  const wrong = label.findIndex((value) => value < 0 || value >= classCount);
  if (wrong >= 0)
    throw refusal('INGESTION_DATASET', { reason: `/${split}: ${id[wrong]} has the label ${label[wrong]}` });
  return { label, id, speaker };
}

function clipSamplesOf(file: Hdf5Reader): number {
  const lengths = SPLITS.map((split) => file.shape(`/${split}/data`)[1]);
  const [first] = lengths;
  if (first === undefined || lengths.some((length) => length !== first)) {
    throw refusal('INGESTION_DATASET', { reason: `the splits hold clips of ${lengths.join(', ')} samples` });
  }
  return first;
}

const asRefusal = (error: unknown): unknown =>
  error instanceof Hdf5Error ? refusal('INGESTION_DATASET', { reason: error.message }) : error;
