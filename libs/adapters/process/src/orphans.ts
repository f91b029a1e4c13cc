import { readFileSync } from 'node:fs';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { killLeftBehind } from './left-behind.js';

/** Names, in a job's folder, the process group that works on it. */
const FILE = 'process.json';

interface Note {
  pid: number;
  /** when the process started, in the kernel's ticks: a number that comes again belongs to another process */
  startedAt: string;
}

/** Notes the process group of a job, so that whoever comes after a sudden death can end it. */
export async function notePid(jobFolder: string, pid: number): Promise<void> {
  const note: Note = { pid, startedAt: startOf(pid) ?? '' };
  await writeFile(join(jobFolder, FILE), JSON.stringify(note));
}

export async function forgetPid(jobFolder: string): Promise<void> {
  await rm(join(jobFolder, FILE), { force: true });
}

/** Kills the process groups that a dead service left working: two attempts of one job must not share its scratch directory. */
export async function killOrphans(workDirectory: string): Promise<void> {
  for (const stage of await readdir(workDirectory).catch(() => [])) await killOrphansOf(join(workDirectory, stage));
}

async function killOrphansOf(stageDirectory: string): Promise<void> {
  for (const name of await readdir(stageDirectory)) await killOrphan(join(stageDirectory, name));
}

/** Kills the process group that is noted in one folder, if there is one, and what a tool's program in it put into other groups. */
export async function killOrphan(folder: string): Promise<void> {
  const text = await readFile(join(folder, FILE), 'utf8').catch(() => null);
  if (text === null) return;
  killNoted(text);
  await killLeftBehind(`SEDGE_JOB=${folder}${sep}`, null);
  await forgetPid(folder);
}

function killNoted(text: string): void {
  let note: Note;
  try {
    note = JSON.parse(text) as Note;
  } catch {
    // Cut short by the death of its writer: the process had hardly begun.
    return;
  }
  if (!Number.isInteger(note.pid) || note.pid <= 1 || startOf(note.pid) !== note.startedAt) return;
  try {
    process.kill(-note.pid, 'SIGKILL');
  } catch {
    // It ended in between.
  }
}

/** Field 22 of /proc/<pid>/stat; the name in field 2 may hold anything but ends with the last parenthesis. */
function startOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
