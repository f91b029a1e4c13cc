import { createReadStream, existsSync, type ReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { storableText } from '@sedge/artifact-contracts';

export interface LogLine {
  /** RFC 3339 */
  time: string;
  level: 'debug' | 'info' | 'warn' | 'error';
  message: string;
}

/** A log keeps between one and two of these; what a tool said last matters most. */
const PART_BYTES = 2 << 20;
const LINE_LIMIT = 8192;

/**
 * The log of one attempt, as lines of JSON in a file, written in the order of `add`. It is bounded: when the file is full it becomes
 * the earlier part, in place of the one before. It never fails: lines that can't be written are left out, which the log of the process says.
 */
export class JobLog {
  private readonly logger = new Logger('jobs');
  private hasWarned = false;
  /** bytes of whole lines in the file */
  private written = 0;
  private pending: string[] = [];
  private work: Promise<void> = Promise.resolve();
  private isScheduled = false;
  private file: FileHandle | null = null;

  constructor(
    private readonly folder: string,
    private readonly attempt: number,
  ) {}

  add(level: LogLine['level'], message: string): void {
    const text = message.length > LINE_LIMIT ? `${message.slice(0, LINE_LIMIT)} … (cut)` : message;
    const line: LogLine = { time: new Date().toISOString(), level, message: storableText(text) };
    this.pending.push(`${JSON.stringify(line)}\n`);
    if (this.isScheduled) return;
    this.isScheduled = true;
    this.work = this.work.then(() => this.flush());
  }

  async close(): Promise<void> {
    await this.work;
    await this.closeFile().catch((error: Error) => this.warn(error));
  }

  private async flush(): Promise<void> {
    this.isScheduled = false;
    const text = this.pending.join('');
    this.pending = [];
    await this.write(text).catch((error: Error) => this.warn(error));
  }

  private async write(text: string): Promise<void> {
    const { current, earlier } = partsOf(this.folder, this.attempt);
    if (this.written > PART_BYTES) {
      await this.closeFile();
      await rename(current, earlier);
      this.written = 0;
    }
    this.file ??= await this.openPart(current);
    try {
      await this.file.appendFile(text);
      this.written += Buffer.byteLength(text);
    } catch (error) {
      // Half a line would make the whole log unreadable.
      await this.file.truncate(this.written);
      throw error;
    }
  }

  /** Most attempts say nothing: the folder is made for those that do. */
  private async openPart(path: string): Promise<FileHandle> {
    await mkdir(this.folder, { recursive: true });
    const file = await open(path, 'a');
    this.written = (await file.stat()).size;
    return file;
  }

  /** Network file systems may say only here that what was written is lost. */
  private async closeFile(): Promise<void> {
    const { file } = this;
    this.file = null;
    await file?.close();
  }

  private warn({ message }: Error): void {
    if (this.hasWarned) return;
    this.hasWarned = true;
    this.logger.warn(`lines of the log of attempt ${this.attempt} in ${this.folder} are lost: ${message}`);
  }
}

/** The files of an attempt's log in the order of reading. */
export function logFiles(folder: string, attempt: number): string[] {
  const { current, earlier } = partsOf(folder, attempt);
  return [earlier, current].filter((path) => existsSync(path));
}

/** Reads the log of an attempt, oldest line first. */
export async function* readLog(folder: string, attempt: number): AsyncGenerator<Buffer> {
  for (const path of logFiles(folder, attempt)) {
    const stream: ReadStream = createReadStream(path);
    for await (const chunk of stream) yield chunk as Buffer;
  }
}

/** Numbers of the attempts that have a log. */
export async function loggedAttempts(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch(() => []);
  return [...new Set(names.map((name) => Number(/^(\d+)\./.exec(name)?.[1])))]
    .filter(Number.isInteger)
    .sort((a, b) => a - b);
}

function partsOf(folder: string, attempt: number): { current: string; earlier: string } {
  return { current: join(folder, `${attempt}.jsonl`), earlier: join(folder, `${attempt}.earlier.jsonl`) };
}
