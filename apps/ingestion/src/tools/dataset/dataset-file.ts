import { join } from 'node:path';
import { Hdf5Writer, type DatasetWriter } from '@sedge/hdf5';
import type { NoiseStretch } from '../../domain/noise-stretches.js';
import { SPLITS, type Split } from '../../domain/recording.js';

export const DATASET_FILE = 'dataset.h5';

/** One example, or rather what is said of it: its samples come beside. */
export interface ExampleRow {
  id: string;
  label: number;
  speaker: string;
}

export interface DatasetForm {
  classes: string[];
  sampleRateHz: number;
  clipSamples: number;
}

interface SplitColumns {
  data: DatasetWriter<'int16'>;
  rows: ExampleRow[];
}

/** Writes `dataset.h5` as the kind `dataset.audio` says: examples in the order in which they are added, then the noise. */
export class DatasetFile {
  private readonly columns = new Map<Split, SplitColumns>();
  private noise: DatasetWriter<'int16'> | null = null;

  private constructor(
    private readonly writer: Hdf5Writer,
    private readonly form: DatasetForm,
  ) {
    for (const split of SPLITS) {
      this.columns.set(split, { data: writer.dataset(`/${split}/data`, 'int16', [form.clipSamples]), rows: [] });
    }
  }

  static async create(folder: string, form: DatasetForm): Promise<DatasetFile> {
    return new DatasetFile(await Hdf5Writer.create(join(folder, DATASET_FILE)), form);
  }

  /** @param samples whole clips, as many as rows */
  add(split: Split, rows: ExampleRow[], samples: Int16Array<ArrayBuffer>): void {
    const columns = this.columns.get(split)!;
    columns.data.append(samples);
    columns.rows.push(...rows);
  }

  /** @param samples the next part of all noise, strung together in the order of the stretches */
  addNoise(samples: Int16Array<ArrayBuffer>): void {
    this.noise ??= this.writer.dataset('/background/data', 'int16');
    this.noise.append(samples);
  }

  /** @returns the number of examples by split */
  finish(stretches: NoiseStretch[]): Record<Split, number> {
    const { classes, sampleRateHz } = this.form;
    const counts = {} as Record<Split, number>;
    for (const [split, { data, rows }] of this.columns) {
      data.finish();
      this.numbers(
        `/${split}/label`,
        rows.map(({ label }) => label),
      );
      this.writer.texts(
        `/${split}/id`,
        rows.map(({ id }) => id),
      );
      this.writer.texts(
        `/${split}/speaker`,
        rows.map(({ speaker }) => speaker),
      );
      counts[split] = rows.length;
    }
    for (const place of ['/', ...SPLITS.map((split) => `/${split}`)]) {
      this.writer.attribute(place, 'classes', classes);
      this.writer.attribute(place, 'sampleRateHz', sampleRateHz);
    }
    this.finishNoise(stretches);
    this.writer.finish();
    return counts;
  }

  abandon(): Promise<void> {
    return this.writer.abandon();
  }

  private finishNoise(stretches: NoiseStretch[]): void {
    (this.noise ?? this.writer.dataset('/background/data', 'int16')).finish();
    this.numbers(
      '/background/offset',
      stretches.map(({ offset }) => offset),
    );
    this.numbers(
      '/background/length',
      stretches.map(({ length }) => length),
    );
    this.writer.texts(
      '/background/name',
      stretches.map(({ name }) => name),
    );
    this.writer.texts(
      '/background/split',
      stretches.map(({ split }) => split),
    );
  }

  private numbers(name: string, values: number[]): void {
    const dataset = this.writer.dataset(name, 'int64');
    dataset.append(values);
    dataset.finish();
  }
}
