const MAGIC = '\x93NUMPY';
const ALIGNMENT = 64;

/** An array as NumPy's `.npy`, version 1: what generated programs read. @param shape batch first */
export function encodeNpy(data: Float32Array, shape: readonly number[]): Buffer {
  const extents = shape.map((extent) => `${extent}, `).join('');
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${extents}), }`;
  const padded = header.padEnd(header.length + ALIGNMENT - 1 - ((10 + header.length) % ALIGNMENT)) + '\n';
  const prefix = Buffer.alloc(10);
  prefix.write(MAGIC, 'latin1');
  prefix[6] = 1;
  prefix.writeUInt16LE(padded.length, 8);
  const values = Buffer.alloc(data.length * 4);
  data.forEach((value, i) => values.writeFloatLE(value, i * 4));
  return Buffer.concat([prefix, Buffer.from(padded, 'latin1'), values]);
}

/** The values of a `.npy` of float32, version 1. @throws RangeError for anything else */
export function decodeNpy(bytes: Buffer): Float32Array {
  const isNpy = bytes.length >= 10 && bytes.toString('latin1', 0, 6) === MAGIC && bytes[6] === 1;
  const start = isNpy ? 10 + bytes.readUInt16LE(8) : Infinity;
  if (start > bytes.length || !bytes.toString('latin1', 10, start).includes("'<f4'")) {
    throw new RangeError('no .npy file of float32');
  }
  const count = Math.floor((bytes.length - start) / 4);
  return Float32Array.from({ length: count }, (_, i) => bytes.readFloatLE(start + i * 4));
}
