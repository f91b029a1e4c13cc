import { TAR_BLOCK, decodeTarHeader, tarPadding, type TarEntry } from '../domain/tar-header.js';

/** What is wrong with an archive, and where. */
export class ArchiveMistake extends Error {
  constructor(
    readonly place: string,
    readonly reason: string,
  ) {
    super(`${place}: ${reason}`);
  }
}

/** An entry and its content, which is read before the next entry is asked for. */
export interface ArchiveEntry extends TarEntry {
  content(): AsyncGenerator<Buffer, void>;
}

/**
 * Reads a tar archive from a stream, strictly: it must be whole, to its closing block of zeros. What an entry is called and what it may be is
 * for the caller to judge; nothing is written anywhere by the archive's names.
 */
export async function* entriesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<ArchiveEntry, void> {
  const bytes = new ByteQueue(stream[Symbol.asyncIterator]());
  for (let last = 'the first header'; ;) {
    const block = await bytes.take(TAR_BLOCK, last);
    const entry = decodeTarHeader(block);
    if (entry === null) return;
    if ('mistake' in entry) throw new ArchiveMistake(last, entry.mistake);
    last = entry.name;
    let left = entry.sizeBytes;
    yield {
      ...entry,
      async *content() {
        while (left > 0) {
          const chunk = await bytes.some(left, entry.name);
          left -= chunk.length;
          yield chunk;
        }
      },
    };
    while (left > 0) left -= (await bytes.some(left, entry.name)).length;
    await bytes.take(tarPadding(entry.sizeBytes), entry.name);
  }
}

/** Bytes of a stream by count. */
class ByteQueue {
  private held: Buffer = Buffer.alloc(0);

  constructor(private readonly source: AsyncIterator<Buffer>) {}

  /** Exactly `count` bytes. */
  async take(count: number, place: string): Promise<Buffer> {
    while (this.held.length < count) this.held = Buffer.concat([this.held, await this.next(place)]);
    const taken = this.held.subarray(0, count);
    this.held = this.held.subarray(count);
    return taken;
  }

  /** At least one byte, at most `most`, without joining chunks. */
  async some(most: number, place: string): Promise<Buffer> {
    while (this.held.length === 0) this.held = await this.next(place);
    const taken = this.held.subarray(0, most);
    this.held = this.held.subarray(taken.length);
    return taken;
  }

  private async next(place: string): Promise<Buffer> {
    const { value, done } = await this.source.next();
    if (done) throw new ArchiveMistake(place, 'the archive ends here: it was cut short');
    return Buffer.isBuffer(value) ? value : Buffer.from(value as Uint8Array);
  }
}
