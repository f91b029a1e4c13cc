import { open, unlink, type FileHandle } from 'node:fs/promises';

const BYTES = 2;

/** Samples in a file of the job's scratch folder, so that memory does not grow with the data set. */
export class SampleStore {
  private length = 0;
  private waiting: Int16Array[] = [];
  private waitingSamples = 0;

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
  ) {}

  /** Starts an empty store; one that an earlier attempt left is overwritten. */
  static async create(path: string): Promise<SampleStore> {
    return new SampleStore(path, await open(path, 'w+'));
  }

  /** Samples so far. */
  get samples(): number {
    return this.length;
  }

  /** @returns where the samples begin */
  async append(samples: Int16Array): Promise<number> {
    const at = this.length;
    this.length += samples.length;
    this.waiting.push(samples);
    this.waitingSamples += samples.length;
    if (this.waitingSamples >= FLUSH_SAMPLES) await this.flush();
    return at;
  }

  async read(at: number, count: number): Promise<Int16Array<ArrayBuffer>> {
    await this.flush();
    const samples = new Int16Array(count);
    const bytes = Buffer.from(samples.buffer);
    for (let done = 0; done < bytes.length;) {
      const { bytesRead } = await this.file.read(bytes, done, bytes.length - done, at * BYTES + done);
      if (bytesRead === 0) throw new Error(`${this.path} ends before sample ${at + count}`);
      done += bytesRead;
    }
    return samples;
  }

  async remove(): Promise<void> {
    await this.file.close();
    await unlink(this.path);
  }

  private written = 0;
  private flushing: Promise<void> = Promise.resolve();

  private flush(): Promise<void> {
    const parts = this.waiting;
    const position = this.written * BYTES;
    this.written += this.waitingSamples;
    this.waiting = [];
    this.waitingSamples = 0;
    if (parts.length > 0) this.flushing = this.flushing.then(() => this.write(parts, position));
    return this.flushing;
  }

  private async write(parts: Int16Array[], position: number): Promise<void> {
    const views = parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength));
    const bytes = views.length === 1 ? views[0]! : Buffer.concat(views);
    for (let done = 0; done < bytes.length;) {
      done += (await this.file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
    }
  }
}

const FLUSH_SAMPLES = 1 << 19;
