import { cp } from 'node:fs/promises';
import { basename } from 'node:path';
import { makeFolder } from './named-place.js';

/** Copies the sources of an application into a folder of the user's. */
export async function copyApplication(from: string, to: string): Promise<void> {
  await makeFolder(to);
  // What `sedge predict` built there belongs to this machine, not to the sources.
  await cp(from, to, { recursive: true, filter: (path) => !/^(build|\.build-\d+)$/.test(basename(path)) });
}
