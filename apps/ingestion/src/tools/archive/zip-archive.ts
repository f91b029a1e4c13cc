import { promisify } from 'node:util';
import type { Readable } from 'node:stream';
import { ToolError } from '@sedge/tool-contracts';
import { open, type Entry, type Options, type ZipFile } from 'yauzl';
import { refusal } from '../../errors.js';
import type { ArchiveLimits, ArchiveMember } from './archive-member.js';
import { ExpansionGuard } from './expansion-guard.js';

export interface ZipSource {
  path: string;
  /** for messages */
  name: string;
  sizeBytes: number;
  limits: ArchiveLimits;
  signal: AbortSignal;
}

const openZip = promisify<string, Options, ZipFile>(open);

const UNIX_TYPE_MASK = 0xf000;
const UNIX_LINK = 0xa000;
const UNIX_FILE = 0x8000;
const UNIX_FOLDER = 0x4000;
const STORED = 0;
const DEFLATED = 8;
const HOST_UNIX = 3;

/** One pass over a zip archive in the order of its directory, which alone is believed; sizes are checked while unpacking. */
export class ZipArchive {
  private readonly guard: ExpansionGuard;
  private consumed = 0;

  constructor(private readonly source: ZipSource) {
    // Packed sizes in the directory may lie and overlap; the file's own size can't.
    this.guard = new ExpansionGuard(source.name, source.limits, () => source.sizeBytes);
  }

  consumedBytes(): number {
    return Math.min(this.consumed, this.source.sizeBytes);
  }

  async *members(): AsyncGenerator<ArchiveMember, void> {
    let zip: ZipFile | null = null;
    try {
      // Names stay bytes here: the library would end the whole archive at the first bad one.
      zip = await openZip(this.source.path, { lazyEntries: true, autoClose: false, decodeStrings: false });
      for await (const entry of entriesOf(zip)) {
        this.source.signal.throwIfAborted();
        this.guard.addMember();
        yield this.memberOf(zip, entry);
        this.consumed += entry.compressedSize;
      }
    } catch (error) {
      throw this.explain(error);
    } finally {
      zip?.close();
    }
  }

  private memberOf(zip: ZipFile, entry: Entry): ArchiveMember {
    return {
      path: nameOf(entry),
      type: typeOf(entry),
      sizeBytes: entry.uncompressedSize,
      read: async (limitBytes) => {
        if (entry.uncompressedSize > limitBytes) return null;
        try {
          return await this.unpack(await openEntry(zip, entry));
        } catch (error) {
          throw this.explain(error);
        }
      },
    };
  }

  private async unpack(stream: Readable): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) {
      this.guard.addBytes((chunk as Buffer).length);
      chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks);
  }

  private explain(error: unknown): unknown {
    if (error instanceof ToolError || this.source.signal.aborted) return error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== undefined && !code.startsWith('Z_')) return error;
    const values = { name: this.source.name, reason: message, members: this.guard.memberCount };
    const isCut = /end of central directory|unexpected EOF|unexpected end/i.test(message);
    return refusal(isCut ? 'INGESTION_ARCHIVE_TRUNCATED' : 'INGESTION_ARCHIVE_BROKEN', values);
  }
}

async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry, void> {
  for (;;) {
    const entry = await nextEntry(zip);
    if (entry === null) return;
    yield entry;
  }
}

function nextEntry(zip: ZipFile): Promise<Entry | null> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      zip.removeListener('entry', onEntry).removeListener('end', onEnd).removeListener('error', onError);
    };
    const onEntry = (entry: Entry): void => (settle(), resolve(entry));
    const onEnd = (): void => (settle(), resolve(null));
    const onError = (error: Error): void => (settle(), reject(error));
    zip.on('entry', onEntry).on('end', onEnd).on('error', onError);
    zip.readEntry();
  });
}

function openEntry(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
  });
}

/** Names are taken as UTF-8, flagged or not; the letters of older code pages then show as unreadable, and such a member is listed. */
const nameOf = (entry: Entry): string => (entry.fileName as unknown as Buffer).toString('utf8');

function typeOf(entry: Entry): ArchiveMember['type'] {
  if (nameOf(entry).endsWith('/')) return 'folder';
  if (entry.versionMadeBy >>> 8 === HOST_UNIX) {
    const type = (entry.externalFileAttributes >>> 16) & UNIX_TYPE_MASK;
    if (type === UNIX_LINK) return 'link';
    if (type === UNIX_FOLDER) return 'folder';
    if (type !== 0 && type !== UNIX_FILE) return 'special';
  }
  if (entry.isEncrypted()) return 'encrypted';
  return entry.compressionMethod === STORED || entry.compressionMethod === DEFLATED ? 'file' : 'unsupported';
}
