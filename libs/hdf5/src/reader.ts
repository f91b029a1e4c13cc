import { open } from 'node:fs/promises';
import type { Attribute, Dataset, File, Group } from 'h5wasm/node';
import { Hdf5Error, type Hdf5ErrorCode } from './error.js';
import { Library, firstReason } from './library.js';
import { ARRAYS, type NumbersOf, type NumericType } from './numbers.js';

const SIGNATURE = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');
/** A header can claim any extent; more than this is never asked for at once. */
const MAX_SLAB_BYTES = 512 * 1024 ** 2;

/** Long enough for the largest slab on a slow disk. */
const PATIENCE_MS = 60_000;

/** An HDF5 file, open for reading. Only what is asked for is read. What is missing or of another type is refused with the place. */
export class Hdf5Reader {
  private isOpen = true;

  private constructor(
    private readonly library: Library,
    private readonly file: File,
    readonly path: string,
    private readonly patienceMs: number,
  ) {}

  /** @param patienceMs how long a single call may take before the file counts as damaged */
  static async open(path: string, patienceMs = PATIENCE_MS): Promise<Hdf5Reader> {
    await assertSignature(path);
    const library = await Library.acquire();
    try {
      const file = library.call(() => new library.h5wasm.File(path, 'r'), patienceMs);
      return new Hdf5Reader(library, file, path, patienceMs);
    } catch (error) {
      library.release();
      throw new Hdf5Error('HDF5_DAMAGED', `${path}: the HDF5 file is damaged: ${firstReason(error)}`, { cause: error });
    }
  }

  /** Again does nothing. */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    try {
      this.library.call(() => this.file.close(), this.patienceMs);
    } catch (error) {
      // What was read before is good or was refused; a file that can't even be closed has nothing more to give.
      void firstReason(error);
    }
    this.library.release();
  }

  /** Whether there is a group or dataset of this name. */
  has(name: string): boolean {
    return this.call(name, () => this.find(name) !== null);
  }

  /** Names in a group, sorted. */
  names(group = '/'): string[] {
    return this.call(group, () => [...this.groupAt(group).keys()].sort());
  }

  /** Extents, the number of rows first. */
  shape(name: string): number[] {
    return this.call(name, () => [...(this.dataset(name).shape ?? [])]);
  }

  rowCount(name: string): number {
    const [rows] = this.shape(name);
    if (rows === undefined) throw this.error('HDF5_TYPE', name, 'a single value, not a list');
    return rows;
  }

  /** Rows `from` to `to` (exclusive), which must be of the type that is named. */
  rows<Type extends NumericType>(name: string, type: Type, from: number, to: number): NumbersOf<Type> {
    const shape = this.shape(name);
    const [rows = 0, ...rest] = shape;
    if (from < 0 || to < from || to > rows) throw this.error('HDF5_MISSING', name, `rows ${from} to ${to} of ${rows}`);
    if (to === from) return new ARRAYS[type](0) as NumbersOf<Type>;
    const count = rest.reduce((product, extent) => product * extent, to - from);
    if (count * ARRAYS[type].BYTES_PER_ELEMENT > MAX_SLAB_BYTES) {
      throw this.error(
        'HDF5_TYPE',
        name,
        `rows ${from} to ${to} are more than ${MAX_SLAB_BYTES} bytes; read fewer at once`,
      );
    }
    const value: unknown = this.call(name, () => this.dataset(name).slice([[from, to], ...rest.map((): [] => [])]));
    if (!(value instanceof ARRAYS[type])) throw this.error('HDF5_TYPE', name, `the elements are not ${type}`);
    return value as NumbersOf<Type>;
  }

  /** A list of whole numbers, e.g. labels, of any integer type. */
  integers(name: string): number[] {
    const value: unknown = this.call(name, () => {
      const dataset = this.dataset(name);
      this.assertSize(name, dataset, 8);
      return dataset.value;
    });
    if (!ArrayBuffer.isView(value)) throw this.error('HDF5_TYPE', name, 'not a list of numbers');
    const numbers = Array.from(value as unknown as Iterable<bigint | number>, Number);
    if (!numbers.every((number) => Number.isSafeInteger(number)))
      throw this.error('HDF5_TYPE', name, 'not all whole numbers');
    return numbers;
  }

  /** A list of texts. */
  texts(name: string): string[] {
    const value: unknown = this.call(name, () => {
      const dataset = this.dataset(name);
      this.assertSize(name, dataset, 16);
      return dataset.shape?.includes(0) ? [] : dataset.value;
    });
    if (!isTexts(value)) throw this.error('HDF5_TYPE', name, 'not a list of texts');
    return value;
  }

  /** An attribute, or null where there is none. Numbers of any type come as number, lists as arrays. */
  attribute(at: string, name: string): string | number | string[] | number[] | null {
    const value: unknown = this.call(`${at}@${name}`, () => {
      const attributes = this.entity(at).attrs as Record<string, Attribute>;
      return Object.hasOwn(attributes, name) ? attributes[name]!.value : null;
    });
    if (value === null || typeof value === 'string' || typeof value === 'number' || isTexts(value)) return value;
    if (typeof value === 'bigint') return Number(value);
    if (ArrayBuffer.isView(value)) return Array.from(value as unknown as Iterable<bigint | number>, Number);
    throw this.error('HDF5_TYPE', `${at}@${name}`, 'an attribute of another type than text or number');
  }

  /** An attribute that must be a list of texts, e.g. `classes` of the file. */
  textsAttribute(at: string, name: string): string[] {
    const value = this.attribute(at, name);
    if (!isTexts(value))
      throw this.error('HDF5_TYPE', `${at}@${name}`, value === null ? 'missing' : 'not a list of texts');
    return value;
  }

  /** An attribute that must be a number, e.g. `sampleRateHz` of the file. */
  numberAttribute(at: string, name: string): number {
    const value = this.attribute(at, name);
    const number = Array.isArray(value) && value.length === 1 ? value[0] : value;
    if (typeof number !== 'number')
      throw this.error('HDF5_TYPE', `${at}@${name}`, value === null ? 'missing' : 'not a number');
    return number;
  }

  private dataset(name: string): Dataset {
    const entity = this.entity(name);
    if (!('metadata' in entity)) throw this.error('HDF5_TYPE', name, 'a group, not a dataset');
    return entity as Dataset;
  }

  private groupAt(name: string): Group {
    const entity = this.entity(name);
    if (!('keys' in entity)) throw this.error('HDF5_TYPE', name, 'a dataset, not a group');
    return entity as Group;
  }

  private entity(name: string): Group | Dataset {
    const entity = this.find(name);
    if (!entity) throw this.error('HDF5_MISSING', name, 'there is no such dataset or group');
    return entity;
  }

  /** Goes down the path step by step, so that no link out of the file is ever followed. */
  private find(name: string): Group | Dataset | null {
    let at: Group | Dataset = this.file;
    for (const part of name.split('/').filter((piece) => piece !== '')) {
      if (!('keys' in at) || !at.keys().includes(part)) return null;
      const next: unknown = at.get(part);
      if (typeof next !== 'object' || next === null || !('attrs' in next))
        throw this.error('HDF5_TYPE', name, 'a link, not data');
      at = next as Group | Dataset;
    }
    return at;
  }

  private assertSize(name: string, dataset: Dataset, elementBytes: number): void {
    const count = (dataset.shape ?? []).reduce((product, extent) => product * extent, 1);
    if (count * elementBytes > MAX_SLAB_BYTES)
      throw this.error('HDF5_TYPE', name, `${count} elements are too many to read at once`);
  }

  private call<Result>(place: string, calls: () => Result): Result {
    if (!this.isOpen) throw this.error('HDF5_OPEN', place, 'the file is closed');
    try {
      return this.library.call(calls, this.patienceMs);
    } catch (error) {
      if (error instanceof Hdf5Error) throw error;
      throw this.error('HDF5_DAMAGED', place, firstReason(error), error);
    }
  }

  private error(code: Hdf5ErrorCode, place: string, what: string, cause?: unknown): Hdf5Error {
    return new Hdf5Error(code, `${this.path}: ${place}: ${what}`, { cause });
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** Looked at first: the library's reason for a file that is no HDF5 says little. */
async function assertSignature(path: string): Promise<void> {
  const handle = await open(path, 'r').catch((error: Error) => {
    throw new Hdf5Error('HDF5_OPEN', `${path}: the file can't be opened: ${error.message}`, { cause: error });
  });
  try {
    const { buffer } = await handle.read(Buffer.alloc(SIGNATURE.length), 0, SIGNATURE.length, 0);
    if (!buffer.equals(SIGNATURE)) throw new Hdf5Error('HDF5_FORMAT', `${path}: not an HDF5 file`);
  } finally {
    await handle.close();
  }
}
