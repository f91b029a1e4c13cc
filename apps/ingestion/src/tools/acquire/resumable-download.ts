import { mkdir, open, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ToolError } from '@sedge/tool-contracts';
import { sizeText } from '../../domain/units.js';
import { refusal } from '../../errors.js';
import type { Acquisition } from './acquire-source.js';
import type { RemoteContent, RemoteFile } from './remote-file.js';

/** Pauses after attempts that brought nothing; one that brought bytes starts the list again. */
const PAUSES_MS = [200, 1000, 3000];
const STALL_MS = 60_000;

/** Loads a remote file; after a cut it goes on where it was, in this run of the job or in a later one. */
export async function download(file: RemoteFile, acquisition: Acquisition): Promise<void> {
  const { context, path, shown } = acquisition;
  await mkdir(dirname(path), { recursive: true });
  for (let fruitless = 0; ;) {
    const before = await sizeOf(path);
    try {
      return await attempt(file, acquisition);
    } catch (error) {
      if (error instanceof ToolError || context.signal.aborted) throw error;
      const hasGrown = (await sizeOf(path)) > before;
      fruitless = hasGrown ? 1 : fruitless + 1;
      const waitMs = PAUSES_MS[fruitless - 1];
      const reason = reasonOf(error);
      if (waitMs === undefined) throw unreachable(shown, reason);
      context.log('warn', `${shown}: ${reason}; going on from ${sizeText(await sizeOf(path))}`);
      await pause(waitMs, undefined, { signal: context.signal });
    }
  }
}

async function attempt(file: RemoteFile, acquisition: Acquisition): Promise<void> {
  const { path, context } = acquisition;
  const version = await versionOf(path);
  const from = version === null ? 0 : await sizeOf(path);
  const stall = new StallWatch(context.signal);
  try {
    const content = await file.open(from, from > 0 ? version : null, stall.signal);
    await checkSize(content, acquisition);
    await rememberVersion(path, content.version);
    await append(content, acquisition, stall);
  } catch (error) {
    throw stall.isStalled ? new Error(`nothing came for ${STALL_MS / 1000} s`) : error;
  } finally {
    stall.end();
  }
  await rm(`${path}.version`, { force: true });
}

async function append(content: RemoteContent, acquisition: Acquisition, stall: StallWatch): Promise<void> {
  const { path, maxBytes, shown, context } = acquisition;
  const { totalBytes } = content;
  const output = await open(path, content.from > 0 ? 'r+' : 'w');
  try {
    let at = content.from;
    await output.truncate(at);
    for await (const chunk of content.chunks) {
      stall.refresh();
      if (at + chunk.length > maxBytes) throw tooLarge(shown, at + chunk.length, maxBytes);
      for (let done = 0; done < chunk.length;) {
        done += (await output.write(chunk, done, chunk.length - done, at + done)).bytesWritten;
      }
      at += chunk.length;
      context.progress(at, totalBytes ?? at, 'bytes');
    }
    if (totalBytes !== null && at < totalBytes)
      throw new Error(`the connection ended after ${at} of ${totalBytes} bytes`);
    if (totalBytes !== null && at > totalBytes)
      throw new Error(`more than the ${totalBytes} bytes came that were announced`);
  } finally {
    await output.close();
  }
}

async function checkSize({ from, totalBytes }: RemoteContent, { maxBytes, shown, path }: Acquisition): Promise<void> {
  if (totalBytes === null) return;
  if (totalBytes > maxBytes) throw tooLarge(shown, totalBytes, maxBytes);
  await assertRoom(dirname(path), totalBytes - from, shown);
}

/** @throws INGESTION_DISK_FULL before a long load that can't end well */
export async function assertRoom(folder: string, neededBytes: number, what: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (neededBytes <= free) return;
  throw refusal('INGESTION_DISK_FULL', { what, needed: sizeText(neededBytes), folder, free: sizeText(free) });
}

export function tooLarge(shown: string, size: number, limit: number): ToolError {
  return refusal('INGESTION_SOURCE_TOO_LARGE', { from: shown, size: sizeText(size), limit: sizeText(limit) });
}

/** The platform tries a job again after this one: the remote side may be back by then. */
function unreachable(shown: string, reason: string): Error {
  return Object.assign(new Error(`'${shown}' can't be loaded: ${reason}`), { code: 'ETIMEDOUT' });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause =
    error.cause instanceof Error ? error.cause.message || (error.cause as NodeJS.ErrnoException).code : undefined;
  return cause ? `${error.message} (${cause})` : error.message;
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

const versionOf = (path: string): Promise<string | null> => readFile(`${path}.version`, 'utf8').catch(() => null);

async function rememberVersion(path: string, version: string | null): Promise<void> {
  if (version === null) await rm(`${path}.version`, { force: true });
  else await writeFile(`${path}.version`, version);
}

/** Ends an attempt when the job is cancelled, or when nothing comes for long. */
class StallWatch {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;
  isStalled = false;

  constructor(private readonly outer: AbortSignal) {
    outer.addEventListener('abort', this.forward, { once: true });
    if (outer.aborted) this.forward();
    this.timer = setTimeout(() => {
      this.isStalled = true;
      this.controller.abort();
    }, STALL_MS);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  refresh(): void {
    this.timer.refresh();
  }

  end(): void {
    clearTimeout(this.timer);
    this.outer.removeEventListener('abort', this.forward);
    this.controller.abort();
  }

  private readonly forward = (): void => this.controller.abort(this.outer.reason);
}
