import { readFile, readdir } from 'node:fs/promises';

/** A process that outlived the program that started it. */
export interface LeftBehind {
  pid: number;
  /** its words; its name where it has none */
  command: string;
}

/** Each round ends what the last one could not see, because it was forked meanwhile. */
const ROUNDS = 5;
/** Letters of a command that are shown. */
const SHOWN = 200;

/**
 * Kills what a program started and put into a session of its own (setsid, daemons), where the kill of its process group does not reach.
 * It is known by its environment, which children inherit. One that emptied its environment is not found, nor is any where there is no
 * /proc, which is to say: not on Linux.
 * @param mark `NAME=value`, or how it begins: an entry that the environment of no other program has
 * @param group the program's own process group, which is ended as a whole
 */
export async function killLeftBehind(mark: string, group: number | null): Promise<LeftBehind[]> {
  const killed = new Map<number, LeftBehind>();
  for (let round = 0; round < ROUNDS; round++) {
    const fresh = (await markedProcesses(mark, group)).filter(({ pid }) => !killed.has(pid));
    if (fresh.length === 0) break;
    for (const found of fresh) {
      killed.set(found.pid, found);
      kill(found.pid);
    }
  }
  return [...killed.values()];
}

async function markedProcesses(mark: string, group: number | null): Promise<LeftBehind[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map((pid) => lookAt(pid, mark, group)));
  return found.filter((process) => process !== null);
}

async function lookAt(pid: number, mark: string, group: number | null): Promise<LeftBehind | null> {
  if (pid === process.pid) return null;
  try {
    // latin1 keeps every byte: what is compared is bytes, in no particular encoding.
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1');
    if (!`\0${environment}`.includes(`\0${Buffer.from(mark).toString('latin1')}`)) return null;
    // proc(5): pid (name) state ppid pgrp …; the name may hold anything but ends with the last parenthesis
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [state, , pgrp] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === 'Z' || Number(pgrp) === group) return null;
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').join(' ').trim();
    return { pid, command: words.slice(0, SHOWN) || stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')) };
  } catch {
    // It ended in between, or belongs to somebody else.
    return null;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended in between.
  }
}
