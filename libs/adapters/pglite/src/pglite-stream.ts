import { Duplex } from 'node:stream';
import type { PGlite } from '@electric-sql/pglite';

/** AuthenticationOk and ReadyForQuery(idle): there is no one to authenticate within a process. */
const GREETING = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);
const SYNC = 'S'.charCodeAt(0);
const QUERY = 'Q'.charCodeAt(0);
const TERMINATE = 'X'.charCodeAt(0);
const ERROR_RESPONSE = 'E'.charCodeAt(0);
const HEADER_BYTES = 5;

/** The embedded database gave up, e.g. because its log could not be written. What was committed is there at the next start. */
export class DatabaseStoppedError extends Error {
  readonly code = 'DATABASE_STOPPED';
  readonly mend = 'free some disk if it is full, then start again; what was committed is kept';

  constructor(reason: string) {
    super(`the embedded database stopped: ${reason}`);
    this.name = 'DatabaseStoppedError';
  }
}

/**
 * A socket for the `pg` client that ends in the embedded PostgreSQL of this process. Speaking the wire protocol itself, rather than
 * imitating the client's API, gives values, errors and types that are exactly those of a server.
 *
 * Messages are handed over in batches that end with Sync or Query, because each hand-over costs more than the message.
 */
export class PgliteStream extends Duplex {
  private pending: Buffer[] = [];
  private isGreeted = false;

  constructor(private readonly database: PGlite) {
    super();
  }

  connect(): this {
    process.nextTick(() => this.emit('connect'));
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.pending.push(chunk);
    this.handOver().then(() => done(), done);
  }

  private async handOver(): Promise<void> {
    if (!this.isGreeted) {
      this.isGreeted = true;
      this.pending = [];
      this.push(GREETING);
      return;
    }
    const batch = this.pending.length === 1 ? this.pending[0]! : Buffer.concat(this.pending);
    const last = typeOfLastMessage(batch);
    if (last === TERMINATE) {
      this.push(null);
      return;
    }
    if (last !== SYNC && last !== QUERY) return;
    this.pending = [];
    const answer = await this.ask(batch);
    this.push(answer);
    const panic = panicIn(answer);
    if (panic !== null) this.destroy(new DatabaseStoppedError(panic));
  }

  /** Its plain call without a stream reads every answer a second time, and keeps what it read for ever. */
  private async ask(batch: Buffer): Promise<Buffer> {
    const parts: Buffer[] = [];
    await this.database.execProtocolRawStream(batch, { onRawData: (bytes) => void parts.push(Buffer.from(bytes)) });
    return Buffer.concat(parts);
  }
}

/** The words of a PANIC, after which PostgreSQL answers nothing any more, or null. */
function panicIn(answer: Buffer): string | null {
  for (let at = 0; at + HEADER_BYTES <= answer.length; at += 1 + answer.readInt32BE(at + 1)) {
    if (answer[at] !== ERROR_RESPONSE) continue;
    // Fields: a letter, a text, a zero byte. S is the severity, M the message.
    const fields = answer.toString('utf8', at + HEADER_BYTES, at + 1 + answer.readInt32BE(at + 1)).split('\0');
    if (fields.includes('SPANIC')) return fields.find((field) => field.startsWith('M'))?.slice(1) ?? 'PANIC';
  }
  return null;
}

/** A message is its type (1 byte), its length without the type (4 bytes) and its body. */
function typeOfLastMessage(batch: Buffer): number {
  let type = 0;
  for (let at = 0; at + HEADER_BYTES <= batch.length; at += 1 + batch.readInt32BE(at + 1)) type = batch[at]!;
  return type;
}
