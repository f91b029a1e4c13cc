export type Hdf5ErrorCode = 'HDF5_OPEN' | 'HDF5_FORMAT' | 'HDF5_DAMAGED' | 'HDF5_MISSING' | 'HDF5_TYPE' | 'HDF5_WRITE';

/** A file that can't be read or written as asked. The message names file, place and reason. */
export class Hdf5Error extends Error {
  override readonly name = 'Hdf5Error';

  constructor(
    readonly code: Hdf5ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
