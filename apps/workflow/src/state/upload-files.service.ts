import { Inject, Injectable } from '@nestjs/common';
import { HOST, errorsOf, type Host } from '@sedge/service-kit';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { ARTIFACT_ERRORS } from '../domain/artifact-errors.js';

const error = errorsOf(ARTIFACT_ERRORS);
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Keeps the bytes of uploads under way: one file per file, under a number, since no path from outside names a file here. */
@Injectable()
export class UploadFiles {
  private readonly busy = new Set<string>();

  constructor(@Inject(HOST) private readonly host: Host) {}

  pathOf(upload: string, position: number): string {
    return join(this.folderOf(upload), String(position));
  }

  /** How many bytes of a file are there. */
  async offsetOf(upload: string, position: number): Promise<number> {
    const stats = await stat(this.pathOf(upload, position)).catch(() => null);
    return stats?.size ?? 0;
  }

  /**
   * Appends a chunk. What arrives before a connection breaks is kept, so that a client goes on where it was.
   * @param limit bytes that the file may have at most
   * @returns the file's size after it
   */
  async append(
    place: { upload: string; position: number; path: string },
    chunk: Readable,
    from: number,
    limit: number,
  ): Promise<number> {
    const target = this.pathOf(place.upload, place.position);
    const offset = await this.offsetOf(place.upload, place.position);
    const isBusy = this.busy.has(target);
    if (isBusy || offset !== from) {
      const reason = isBusy ? 'another request writes to it just now' : `a chunk must start there, not at ${from}`;
      throw error('UPLOAD_OFFSET_WRONG', { path: place.path, offset, reason });
    }
    this.busy.add(target);
    try {
      await mkdir(this.folderOf(place.upload), { recursive: true });
      return await write(target, chunk, offset, { path: place.path, limit });
    } finally {
      this.busy.delete(target);
    }
  }

  /** Puts a whole file in the place of what was sent. @param fetch makes a file at a path where none is */
  async take(upload: string, position: number, fetch: (path: string) => Promise<void>): Promise<void> {
    await mkdir(this.folderOf(upload), { recursive: true });
    const whole = `${this.pathOf(upload, position)}.${randomUUID()}`;
    await fetch(whole);
    await rename(whole, this.pathOf(upload, position));
  }

  /** Uploads of which this process has files. */
  async list(): Promise<string[]> {
    return readdir(this.folder).catch((fault: NodeJS.ErrnoException) => {
      if (fault.code === 'ENOENT') return [];
      throw fault;
    });
  }

  async discard(upload: string): Promise<void> {
    await rm(this.folderOf(upload), { recursive: true, force: true });
  }

  private folderOf(upload: string): string {
    return join(this.folder, upload);
  }

  private get folder(): string {
    return join(this.host.dataDirectory, 'uploads');
  }
}

async function write(
  target: string,
  chunk: Readable,
  offset: number,
  { path, limit }: { path: string; limit: number },
): Promise<number> {
  const file = await open(target, 'a', 0o600);
  let size = offset;
  try {
    for await (const bytes of chunk) {
      if (size + (bytes as Buffer).length > limit) throw error('UPLOAD_TOO_LONG', { path, size: limit });
      await file.writeFile(bytes as Buffer);
      size += (bytes as Buffer).length;
    }
    return size;
  } catch (fault) {
    throw await asUploadError(fault, file.stat.bind(file), path);
  } finally {
    await file.close();
  }
}

async function asUploadError(fault: unknown, statOf: () => Promise<{ size: number }>, path: string): Promise<unknown> {
  const code = (fault as NodeJS.ErrnoException).code ?? '';
  if (FULL.has(code)) return error('STORE_FULL', { reason: `no room left for '${path}' (${code})` });
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ABORT_ERR') {
    return error('UPLOAD_CHUNK_CUT', { path, offset: (await statOf()).size });
  }
  return fault;
}
