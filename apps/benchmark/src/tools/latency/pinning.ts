import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { lastCoreOf } from '../../domain/core-list.js';
import type { Pinning } from './timed-engine.js';

const run = promisify(execFile);

/** Holds processes on the last core that this process may use: systems put their own work on the first. */
export async function choosePinning(): Promise<Pinning> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const core = lastCoreOf(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '');
  if (core === null) return { prefix: [], core: null };
  const prefix = ['taskset', '-c', String(core)];
  const works = await run(prefix[0]!, [...prefix.slice(1), process.execPath, '-e', '']).then(
    () => true,
    () => false,
  );
  return works ? { prefix, core } : { prefix: [], core: null };
}
