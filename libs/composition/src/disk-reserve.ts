import { existsSync } from 'node:fs';
import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';

const MB = 1 << 20;
/** Two segments of the database's log: enough to note how the jobs ended that found no room. */
const RESERVE_BYTES = 32 * MB;
const SHORT_BYTES = 4 * MB;
/** Taken back only where it is not missed at once. */
const ENOUGH_BYTES = 4 * RESERVE_BYTES;
const WATCH_MS = 1000;

/** Says that the disk is full, or has room again. */
export type OnDisk = (message: string) => void;

/**
 * Keeps some disk back for the embedded database: on a disk that is full to the last byte it could not even note that a job failed
 * because of it, and everything would seem to hang. The reserve is a file that is removed when the room is needed.
 */
export class DiskReserve {
  private readonly file: string;
  private readonly timer: NodeJS.Timeout;
  private looking: Promise<void> = Promise.resolve();

  private constructor(
    private readonly directory: string,
    private readonly onDisk: OnDisk,
  ) {
    this.file = join(directory, 'reserve');
    this.timer = setInterval(() => (this.looking = this.look()), WATCH_MS).unref();
  }

  static async keep(directory: string, onDisk: OnDisk): Promise<DiskReserve> {
    const reserve = new DiskReserve(directory, onDisk);
    await reserve.look();
    return reserve;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  private async look(): Promise<void> {
    try {
      const { bavail, bsize } = await statfs(this.directory);
      const freeBytes = bavail * bsize;
      const isKept = existsSync(this.file);
      if (isKept && freeBytes < SHORT_BYTES) await this.release();
      if (!isKept && freeBytes > ENOUGH_BYTES) await this.fill();
    } catch (error) {
      this.onDisk(`the disk of ${this.directory} could not be looked at: ${(error as Error).message}`);
    }
  }

  private async release(): Promise<void> {
    await rm(this.file, { force: true });
    this.onDisk(`the disk of ${this.directory} is full: jobs will fail; free some, then retry the run`);
  }

  private async fill(): Promise<void> {
    const file = await open(this.file, 'w');
    try {
      const zeros = Buffer.alloc(MB);
      for (let written = 0; written < RESERVE_BYTES; written += MB) await file.write(zeros);
    } finally {
      await file.close();
    }
  }
}
