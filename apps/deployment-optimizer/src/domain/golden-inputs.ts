/**
 * Numbers of clips, evenly spread over `available`, at most `wanted`: clips that lie side by side are of one class or speaker and would
 * exercise the network less.
 */
export function spreadOver(available: number, wanted: number): number[] {
  const count = Math.min(available, wanted);
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * available) / count));
}

/**
 * Made-up inputs for where there are no real ones: values from -2 to 2 as a normalized feature has, from a hash of their place, so that
 * they are the same anywhere and any change in any layer shows in the result.
 */
export function inventedInputs(elements: number, count: number): Float32Array[] {
  return Array.from({ length: count }, (_, vector) =>
    Float32Array.from({ length: elements }, (_, i) => (hashOf(vector * elements + i) / 2 ** 32 - 0.5) * 4),
  );
}

/** Mixes the bits of a number. @see "Prospecting for hash functions", the 32-bit mixer `lowbias32` */
function hashOf(value: number): number {
  let mixed = value >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
