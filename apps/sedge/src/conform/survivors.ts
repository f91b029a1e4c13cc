import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** What is being ended may take this long to be gone from the list of processes. */
const GONE_WITHIN_MS = 1000;

/** Processes whose environment names a job in a folder: what a tool started and left. Empty where the system has no /proc. */
export async function survivorsOf(folder: string): Promise<string[]> {
  for (const deadline = Date.now() + GONE_WITHIN_MS; ; await sleep(50)) {
    const found = await processesIn(folder);
    if (found.length === 0 || Date.now() > deadline) return found;
  }
}

async function processesIn(folder: string): Promise<string[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map((pid) => nameIfIn(pid, folder)));
  return found.filter((name) => name !== null);
}

async function nameIfIn(pid: string, folder: string): Promise<string | null> {
  try {
    if (!(await readFile(`/proc/${pid}/environ`, 'latin1')).includes(`SEDGE_JOB=${folder}`)) return null;
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').join(' ').trim();
    return words === '' ? null : `${words.slice(0, 60)} (${pid})`;
  } catch {
    // It ended in between, or is somebody else's.
    return null;
  }
}
