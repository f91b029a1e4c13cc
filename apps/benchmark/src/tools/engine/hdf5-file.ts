import h5wasm, { type Dataset, type File } from 'h5wasm/node';
import { open } from 'node:fs/promises';
import type { BenchmarkErrorCode } from '../../errors.js';
import { refusal } from './refusal.js';

const SIGNATURE = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');

/** An HDF5 file of the pipeline, open for reading. What is missing or of another shape is refused with the place. */
export class Hdf5File {
  private constructor(
    private readonly file: File,
    private readonly path: string,
    private readonly code: BenchmarkErrorCode,
  ) {}

  /** @param code what a file that can't be read is refused with */
  static async open(path: string, code: BenchmarkErrorCode): Promise<Hdf5File> {
    // Looked at first: the library prints a page of diagnostics for a file that isn't HDF5.
    const handle = await open(path, 'r').catch(() => null);
    if (!handle) throw refusal(code, `${path}: the file can't be opened`);
    const { buffer } = await handle.read(Buffer.alloc(SIGNATURE.length), 0, SIGNATURE.length, 0);
    await handle.close();
    if (!buffer.equals(SIGNATURE)) throw refusal(code, `${path}: not an HDF5 file`);
    await h5wasm.ready;
    const file = new h5wasm.File(path, 'r');
    if (file.file_id < 0n) throw refusal(code, `${path}: the HDF5 file is damaged`);
    return new Hdf5File(file, path, code);
  }

  close(): void {
    this.file.close();
  }

  /** A list of texts, as a dataset or an attribute of the root. */
  texts(name: string): string[] {
    const entity = this.file.get(name) as Dataset | null;
    const value: unknown = entity ? entity.value : this.file.attrs[name]?.value;
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
      throw this.wrong(name, 'not a list of texts');
    return value as string[];
  }

  /** An attribute of the root. */
  number(name: string): number {
    const value: unknown = this.file.attrs[name]?.value;
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isFinite(number)) throw this.wrong(name, 'not a number');
    return number;
  }

  /** Whole numbers, e.g. labels. */
  integers(name: string): number[] {
    const value: unknown = this.dataset(name).value;
    if (!ArrayBuffer.isView(value)) throw this.wrong(name, 'not a list of numbers');
    return Array.from(value as unknown as Iterable<bigint | number>, Number);
  }

  shape(name: string): number[] {
    return this.dataset(name).shape ?? [];
  }

  has(name: string): boolean {
    return this.file.get(name) !== null;
  }

  /** Rows `from` to `to` (exclusive) of a dataset of floats or 16-bit integers. */
  rows<Values extends Float32Array | Int16Array>(name: string, from: number, to: number): Values {
    const dataset = this.dataset(name);
    const rest = (dataset.shape ?? []).slice(1).map((): [] => []);
    const value: unknown = to > from ? dataset.slice([[from, to], ...rest]) : null;
    if (!(value instanceof Float32Array) && !(value instanceof Int16Array)) {
      throw this.wrong(name, `rows ${from} to ${to} can't be read as numbers`);
    }
    return value as Values;
  }

  wrong(name: string, what: string): Error {
    return refusal(this.code, `${this.path}: /${name}: ${what}`);
  }

  private dataset(name: string): Dataset {
    const entity = this.file.get(name) as Dataset | null;
    if (!entity || !('shape' in entity)) throw this.wrong(name, 'there is no such dataset');
    return entity;
  }
}
