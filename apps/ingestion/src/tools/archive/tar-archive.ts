import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ToolError } from '@sedge/tool-contracts';
import { extract, type ExtractEvents, type Header } from 'tar-stream';
import { refusal } from '../../errors.js';
import type { ArchiveLimits, ArchiveMember } from './archive-member.js';
import { ExpansionGuard } from './expansion-guard.js';

export interface TarFile {
  path: string;
  /** for messages */
  name: string;
  isPacked: boolean;
  limits: ArchiveLimits;
  signal: AbortSignal;
}

/** A member as the library gives it: its header, and its content as a stream. */
type Entry = Readable & { header: ExtractEvents['entry'][0] };

const TYPES: Partial<Record<Header['type'], ArchiveMember['type']>> = {
  file: 'file',
  'contiguous-file': 'file',
  directory: 'folder',
  link: 'link',
  symlink: 'link',
};

const CHUNK_BYTES = 1 << 20;
const BLOCK_BYTES = 512;

/** One pass over a tar archive, packed with gzip or not. Memory is bounded by a few chunks whatever the archive holds. */
export class TarArchive {
  private consumed = 0;
  private readonly guard: ExpansionGuard;
  private zerosAtEnd = 0;

  constructor(private readonly file: TarFile) {
    this.guard = new ExpansionGuard(file.name, file.limits, () => this.consumed);
  }

  consumedBytes(): number {
    return this.consumed;
  }

  async *members(): AsyncGenerator<ArchiveMember, void> {
    const reading = extract();
    // The iterator throws what the pipeline ends with.
    this.start(reading);
    try {
      for await (const entry of reading as unknown as AsyncIterable<Entry>) {
        this.guard.addMember();
        yield this.memberOf(entry);
        await drain(entry);
      }
    } catch (error) {
      throw this.explain(error);
    }
    if (this.zerosAtEnd < BLOCK_BYTES) throw this.truncated('the mark of its end is missing');
  }

  private start(reading: ReturnType<typeof extract>): void {
    const { path, isPacked, signal } = this.file;
    const packed = createReadStream(path, { highWaterMark: CHUNK_BYTES, signal });
    const count = (source: AsyncIterable<Buffer>) => this.countPacked(source);
    const watch = (source: AsyncIterable<Buffer>) => this.watchContent(source);
    const ended = (): void => undefined;
    const target = reading as unknown as NodeJS.WritableStream;
    if (isPacked) pipeline(packed, count, createGunzip({ chunkSize: CHUNK_BYTES }), watch, target, ended);
    else pipeline(packed, count, watch, target, ended);
  }

  private async *countPacked(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
    for await (const chunk of source) {
      this.consumed += chunk.length;
      yield chunk;
    }
  }

  private async *watchContent(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
    for await (const chunk of source) {
      this.guard.addBytes(chunk.length);
      this.zerosAtEnd = zerosAtEndOf(chunk, this.zerosAtEnd);
      yield chunk;
    }
  }

  private memberOf(entry: Entry): ArchiveMember {
    const { name, type, size } = entry.header;
    const read = (limitBytes: number): Promise<Buffer | null> =>
      readWhole(entry, size, limitBytes).catch((error: unknown) => Promise.reject(this.explain(error)));
    return { path: name, type: TYPES[type] ?? 'special', sizeBytes: size, read };
  }

  private explain(error: unknown): unknown {
    if (error instanceof ToolError || this.file.signal.aborted) return error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR') return this.truncated('its packed data are cut off');
    if (message === 'Unexpected end of data') return this.truncated('its last member is cut off');
    const isContent = code === undefined || code.startsWith('Z_') || code === 'ERR_STREAM_PREMATURE_CLOSE';
    if (!isContent) return error;
    const values = { name: this.file.name, reason: message, members: this.guard.memberCount };
    return refusal('INGESTION_ARCHIVE_BROKEN', values);
  }

  private truncated(reason: string): ToolError {
    const values = { name: this.file.name, reason, members: this.guard.memberCount };
    return refusal('INGESTION_ARCHIVE_TRUNCATED', values);
  }
}

/** A tar archive ends with blocks of zeros; one without them was cut between two members. */
function zerosAtEndOf(chunk: Buffer, before: number): number {
  let at = chunk.length;
  while (at > 0 && chunk[at - 1] === 0 && chunk.length - at < BLOCK_BYTES) at--;
  const zeros = chunk.length - at;
  return at === 0 ? before + zeros : zeros;
}

async function readWhole(entry: Readable, sizeBytes: number, limitBytes: number): Promise<Buffer | null> {
  if (sizeBytes > limitBytes) return null;
  const chunks: Buffer[] = [];
  for await (const chunk of entry) chunks.push(chunk as Buffer);
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

/** The next member comes when this one is at its end. */
async function drain(entry: Entry): Promise<void> {
  if (entry.destroyed) return;
  await new Promise<void>((resolve, reject) => {
    entry.once('close', resolve).once('error', reject);
    entry.resume();
  });
}
