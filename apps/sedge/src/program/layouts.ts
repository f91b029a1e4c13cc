import { rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Where artifacts are laid out as folders for use, each named by its id, below the data directory. */
export function layoutsDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'folders');
}

/** Removes the folders of artifacts that are gone: they are copies that nobody would look for. */
export async function removeLayouts(dataDirectory: string, artifacts: readonly { id: string }[]): Promise<void> {
  for (const { id } of artifacts) {
    await rm(join(layoutsDirectory(dataDirectory), id.replace('sha256:', '')), { recursive: true, force: true });
  }
}
