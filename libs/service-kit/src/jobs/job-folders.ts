import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '@sedge/artifact-contracts';

/** Where a job works: a scratch directory that survives its attempts, and a directory for each attempt. */
export interface JobFolders {
  job: string;
  scratch: string;
  attempt: string;
  inputs: string;
  outputs: string;
  logs: string;
}

const WORK = 'work';
const LOGS = 'logs';

/** A digest as a folder name: the colon has a meaning on some file systems. */
const folderName = (job: Digest): string => job.replace('sha256:', '');

/** Has a folder per stage, in it one per job, in it one per attempt. */
export function workDirectoryOf(dataDirectory: string): string {
  return join(dataDirectory, WORK);
}

export function foldersOf(
  dataDirectory: string,
  stage: string,
  { id: job, attempt }: { id: Digest; attempt: number },
): JobFolders {
  const folder = join(workDirectoryOf(dataDirectory), stage, folderName(job));
  const own = join(folder, `attempt-${attempt}`);
  return {
    job: folder,
    scratch: join(folder, 'scratch'),
    attempt: own,
    inputs: join(own, 'inputs'),
    outputs: join(own, 'outputs'),
    logs: logFolderOf(dataDirectory, job),
  };
}

export function logFolderOf(dataDirectory: string, job: Digest): string {
  return join(dataDirectory, LOGS, folderName(job));
}

/** Makes the folders of an attempt, empty but for the scratch directory. */
export async function makeFolders({ scratch, attempt, inputs, outputs }: JobFolders): Promise<void> {
  await mkdir(scratch, { recursive: true });
  try {
    await mkdir(attempt);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await removeFolder(attempt);
    await mkdir(attempt);
  }
  await Promise.all([mkdir(inputs), mkdir(outputs)]);
}

/** Removes a folder whose tool may have taken write permission from its subfolders. */
export async function removeFolder(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    await makeWritable(path);
    await rm(path, { recursive: true, force: true });
  }
}

async function makeWritable(path: string): Promise<void> {
  await chmod(path, 0o700);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(path, entry.name));
  }
}

/** Removes what dead processes left of a stage: all attempts, and the scratch directories of jobs that want none. */
export async function sweepWork(dataDirectory: string, stage: string, keepScratchOf: Digest[]): Promise<void> {
  const root = join(workDirectoryOf(dataDirectory), stage);
  const keep = new Set(keepScratchOf.map(folderName));
  for (const name of await readdir(root).catch(() => [])) {
    if (!keep.has(name)) {
      await removeFolder(join(root, name));
      continue;
    }
    for (const own of await readdir(join(root, name))) {
      if (own.startsWith('attempt-')) await removeFolder(join(root, name, own));
    }
  }
}
