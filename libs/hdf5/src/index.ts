export { Hdf5Error, type Hdf5ErrorCode } from './error.js';
export type { DatasetWriter } from './dataset-writer.js';
export type { Numbers, NumbersOf, NumbersToWrite, NumericType } from './numbers.js';
export { Hdf5Reader } from './reader.js';
export { Hdf5Writer, type AttributeValue } from './writer.js';
