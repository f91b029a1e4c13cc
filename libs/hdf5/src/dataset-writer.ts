import { ARRAYS, type Numbers, type NumbersOf, type NumbersToWrite, type NumericType } from './numbers.js';

/** Chunks of about this size: large enough to write fast, small enough to hold one for each open dataset. */
const CHUNK_BYTES = 256 * 1024;

/** Takes rows in any portions and passes whole chunks on, so that the file does not depend on the portions. */
export class DatasetWriter<Type extends NumericType = NumericType> {
  private readonly rowSize: number;
  private readonly chunkRows: number;
  private readonly held: NumbersOf<Type>;
  private heldValues = 0;
  private writtenRows = 0;
  private isFinished = false;

  constructor(
    private readonly type: Type,
    rowShape: readonly number[],
    private readonly write: (chunkRows: number, rows: number, values: Numbers) => void,
  ) {
    this.rowSize = rowShape.reduce((product, extent) => product * extent, 1);
    this.chunkRows = Math.max(1, Math.floor(CHUNK_BYTES / (this.rowSize * ARRAYS[type].BYTES_PER_ELEMENT)));
    this.held = new ARRAYS[type](this.chunkRows * this.rowSize) as NumbersOf<Type>;
  }

  /** Rows so far. */
  get rows(): number {
    return this.writtenRows + this.heldValues / this.rowSize;
  }

  /** @param values whole rows, one after the other; for int64 numbers will do */
  append(values: NumbersToWrite<Type> | readonly number[]): void {
    if (values.length % this.rowSize !== 0) {
      throw new RangeError(`${values.length} values are no whole number of rows of ${this.rowSize}`);
    }
    if (this.isFinished) throw new Error('the dataset is finished');
    const source = this.typed(values);
    for (let at = 0; at < source.length;) {
      const count = Math.min(source.length - at, this.held.length - this.heldValues);
      this.held.set(source.subarray(at, at + count) as never, this.heldValues);
      this.heldValues += count;
      at += count;
      if (this.heldValues === this.held.length) this.pass();
    }
  }

  /** Passes on what is held. The file's `finish` does it too. */
  finish(): void {
    if (this.isFinished) return;
    if (this.heldValues > 0 || this.writtenRows === 0) this.pass();
    this.isFinished = true;
  }

  private typed(values: NumbersToWrite<Type> | readonly number[]): NumbersToWrite<Type> {
    if (ArrayBuffer.isView(values)) return values as NumbersToWrite<Type>;
    const list = values as readonly number[];
    if (this.type === 'int64') return BigInt64Array.from(list, BigInt) as NumbersToWrite<Type>;
    return new ARRAYS[this.type as 'float64'](list) as unknown as NumbersToWrite<Type>;
  }

  /** A dataset that ends within its first chunk gets a chunk of its own size. */
  private pass(): void {
    const rows = this.heldValues / this.rowSize;
    const chunkRows = this.writtenRows === 0 ? Math.max(1, rows) : this.chunkRows;
    this.write(chunkRows, this.writtenRows, this.held.subarray(0, this.heldValues) as Numbers);
    this.writtenRows += rows;
    this.heldValues = 0;
  }
}
