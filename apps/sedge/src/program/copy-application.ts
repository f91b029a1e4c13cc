import { cp, readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

/** @throws CommandError CLI_FOLDER_TAKEN where a folder has something in it */
export async function assertEmpty(folder: string): Promise<void> {
  const there = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (there.length === 0) return;
  throw new CommandError('CLI_FOLDER_TAKEN', `'${folder}' is not empty`, EXIT.usage, 'name an empty or a new folder');
}

/** Copies the sources of an application into a folder of the user's. */
export async function copyApplication(from: string, to: string): Promise<void> {
  // What `sedge predict` built there belongs to this machine, not to the sources.
  await cp(from, to, { recursive: true, filter: (path) => !/^(build|\.build-\d+)$/.test(basename(path)) });
}
