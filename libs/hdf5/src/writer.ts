import { unlink } from 'node:fs/promises';
import type { File, Group } from 'h5wasm/node';
import { type NumericType, type Numbers } from './numbers.js';
import { DatasetWriter } from './dataset-writer.js';
import { Hdf5Error } from './error.js';
import { Library, firstReason } from './library.js';

/** What an attribute may hold: a text, texts, a number (whole ones become int64) or numbers. */
export type AttributeValue = string | readonly string[] | number | Numbers;

/**
 * Writes an HDF5 file piece by piece: memory stays bounded by one chunk per open dataset. Equal calls give equal bytes at any time and in any
 * folder. Groups come into being with what is put in them.
 */
export class Hdf5Writer {
  private readonly open: DatasetWriter[] = [];
  private readonly groups = new Set<string>(['/']);
  private isFinished = false;

  private constructor(
    private readonly library: Library,
    private readonly file: File,
    private readonly path: string,
  ) {}

  /** Starts a file; one that exists is replaced. */
  static async create(path: string): Promise<Hdf5Writer> {
    const library = await Library.acquire();
    try {
      const file = library.call(() => new library.h5wasm.File(path, 'w', { libver: ['v108', 'v110'] }), null);
      return new Hdf5Writer(library, file, path);
    } catch (error) {
      library.release();
      throw failure(path, 'the file', error);
    }
  }

  group(name: string): void {
    this.call(name, () => this.groupAt(name));
  }

  /** @param at the group or finished dataset that the attribute belongs to, `/` for the file */
  attribute(at: string, name: string, value: AttributeValue): void {
    this.call(`${at}@${name}`, () => {
      const owner = at === '/' || !this.file.get(at) ? this.groupAt(at) : (this.file.get(at) as Group);
      if (typeof value === 'string') owner.create_attribute(name, value);
      else if (typeof value === 'number') this.numberAttribute(owner, name, value);
      else if (ArrayBuffer.isView(value)) owner.create_attribute(name, value as never);
      else owner.create_attribute(name, [...value], [value.length], 'S');
    });
  }

  /**
   * A dataset that is written row by row.
   * @param rowShape extents of one row; empty for a list
   */
  dataset<Type extends NumericType>(name: string, type: Type, rowShape: readonly number[] = []): DatasetWriter<Type> {
    if (rowShape.some((extent) => !Number.isSafeInteger(extent) || extent < 1)) {
      throw new Hdf5Error('HDF5_WRITE', `${this.path}: ${name}: a row of shape [${rowShape.join(', ')}] holds nothing`);
    }
    const writer = new DatasetWriter<Type>(type, rowShape, (chunkRows, rows, values) => {
      this.call(name, () => this.writeRows(name, { type, rowShape, chunkRows, rows, values }));
    });
    this.open.push(writer as unknown as DatasetWriter);
    return writer;
  }

  /** A list of UTF-8 texts. */
  texts(name: string, texts: readonly string[]): void {
    this.call(name, () => {
      const { group, leaf } = this.split(name);
      group.create_dataset({ name: leaf, data: [...texts], shape: [texts.length], dtype: 'S' });
    });
  }

  /** Writes what is still held and closes the file. */
  finish(): void {
    for (const dataset of this.open) dataset.finish();
    this.call('closing', () => this.file.flush());
    this.call('closing', () => this.file.close());
    this.isFinished = true;
    this.library.release();
  }

  /** Gives up: the file is closed and removed. Harmless after `finish`, so it may stand in a `finally`. */
  async abandon(): Promise<void> {
    if (this.isFinished) return;
    this.isFinished = true;
    try {
      this.library.call(() => this.file.close(), null);
    } catch (error) {
      // A file that is thrown away need not be whole; the first error is the one that counts.
      void firstReason(error);
    }
    this.library.release();
    await unlink(this.path).catch(() => undefined);
  }

  private call<Result>(place: string, calls: () => Result): Result {
    if (this.isFinished) throw new Hdf5Error('HDF5_WRITE', `${this.path}: ${place}: the file is finished`);
    try {
      return this.library.call(calls, null);
    } catch (error) {
      throw failure(this.path, place, error);
    }
  }

  private numberAttribute(owner: Group, name: string, value: number): void {
    if (Number.isSafeInteger(value)) owner.create_attribute(name, BigInt(value) as never, [], '<q');
    else owner.create_attribute(name, value, [], '<d');
  }

  private writeRows(name: string, slab: Slab): void {
    const { type, rowShape, chunkRows, rows, values } = slab;
    const count = values.length / rowShape.reduce((product, extent) => product * extent, 1);
    if (rows === 0) {
      const { group, leaf } = this.split(name);
      const shape = [count, ...rowShape];
      group.create_dataset({
        name: leaf,
        data: values as never,
        shape,
        dtype: DTYPES[type],
        maxshape: [null, ...rowShape],
        chunks: [chunkRows, ...rowShape],
      });
      return;
    }
    const dataset = this.file.get(name) as unknown as ResizableDataset;
    dataset.resize([rows + count, ...rowShape]);
    dataset.write_slice([[rows, rows + count], ...rowShape.map((): [] => [])], values);
  }

  private split(name: string): { group: Group; leaf: string } {
    const parts = name.split('/').filter((part) => part !== '');
    return { group: this.groupAt(parts.slice(0, -1).join('/')), leaf: parts.at(-1) ?? '' };
  }

  private groupAt(name: string): Group {
    let at = '';
    for (const part of name.split('/').filter((piece) => piece !== '')) {
      const parent = at === '' ? this.file : (this.file.get(at) as Group);
      at = `${at}/${part}`;
      if (!this.groups.has(at)) parent.create_group(part);
      this.groups.add(at);
    }
    return at === '' ? this.file : (this.file.get(at) as Group);
  }
}

function failure(path: string, place: string, error: unknown): Hdf5Error {
  return new Hdf5Error('HDF5_WRITE', `${path}: ${place}: ${firstReason(error)}`, { cause: error });
}

interface Slab {
  type: NumericType;
  rowShape: readonly number[];
  chunkRows: number;
  rows: number;
  values: Numbers;
}

interface ResizableDataset {
  resize(shape: number[]): number;
  write_slice(ranges: ([] | [number, number])[], values: unknown): void;
}

const DTYPES: Record<NumericType, string> = {
  int8: '<b',
  uint8: '<B',
  int16: '<h',
  int32: '<i',
  int64: '<q',
  float32: '<f',
  float64: '<d',
};
