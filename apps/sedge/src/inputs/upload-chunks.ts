/** Bytes of a stream from an offset on, as chunks of a size that may change on the way. @param sizeOf the size of the next chunk, in bytes */
export async function* chunksFrom(
  bytes: AsyncIterable<Buffer>,
  offset: number,
  sizeOf: () => number,
): AsyncGenerator<Buffer> {
  let toSkip = offset;
  let parts: Buffer[] = [];
  let length = 0;
  for await (const given of bytes) {
    const part = given.subarray(Math.min(toSkip, given.length));
    toSkip -= given.length - part.length;
    parts.push(part);
    length += part.length;
    while (length >= sizeOf()) {
      const all = Buffer.concat(parts, length);
      const chunk = all.subarray(0, sizeOf());
      parts = [all.subarray(chunk.length)];
      length -= chunk.length;
      yield chunk;
    }
  }
  if (length > 0) yield Buffer.concat(parts, length);
}
