import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BLOCK = Buffer.alloc(64 * 1024, 1);

/** Whether file systems may be mounted here. Where not, a full disk is tested over layers that inject the fault. */
export function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'sedge-mount-'));
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'sedge-test', folder]).status === 0;
  if (isMounted) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return isMounted;
}

/** A file system of a few megabytes, which really fills up. */
export class SmallDisk {
  private readonly folder = mkdtempSync(join(tmpdir(), 'sedge-disk-'));
  readonly path = join(this.folder, 'disk');
  private readonly filler = join(this.path, 'filler');

  /** @throws Error where mounting is not permitted: ask canMount() before */
  constructor(sizeMb: number) {
    mkdirSync(this.path);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m`, 'sedge-test', this.path]);
    if (mounted.status !== 0) throw new Error(`${this.path} can't be mounted: ${mounted.stderr.toString()}`);
  }

  /** Takes all the room that is left. */
  fill(): void {
    const file = openSync(this.filler, 'w');
    try {
      for (;;) writeSync(file, BLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  /** Gives it back. */
  free(): void {
    rmSync(this.filler, { force: true });
  }

  remove(): void {
    spawnSync('umount', ['--lazy', this.path]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
