import { cp, readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

/** Copies the sources of an application into a folder of the user's, which must be empty or not there yet. */
export async function copyApplication(from: string, to: string): Promise<void> {
  const there = await readdir(to).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (there.length > 0) {
    const mend = 'name an empty or a new folder';
    throw new CommandError('CLI_FOLDER_TAKEN', `'${to}' is not empty`, EXIT.usage, mend);
  }
  // What `sedge predict` built there belongs to this machine, not to the sources.
  await cp(from, to, { recursive: true, filter: (path) => basename(path) !== 'build' });
}
