import { existsSync } from 'node:fs';
import { chmod, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSafeRelativePath } from '@sedge/artifact-contracts';
import type { ApiClient } from '../client/api-client.js';
import { filePath, type ArtifactDetail } from '../client/artifacts.js';
import { CommandError } from '../errors.js';
import { makeFolder } from './named-place.js';

/**
 * Lays the files of an artifact out in a folder below `parent`, once: the folder is named by the id and appears only when it is whole.
 *
 * @returns the folder
 */
export async function layOutArtifact(api: ApiClient, id: string, parent: string, signal: AbortSignal): Promise<string> {
  const folder = join(parent, id.replace('sha256:', ''));
  if (existsSync(folder)) return folder;
  await makeFolder(parent);
  const partial = `${folder}.partial-${process.pid}`;
  await rm(partial, { recursive: true, force: true });
  try {
    await downloadFiles(api, await api.get<ArtifactDetail>(`/v1/artifacts/${id}`), partial, signal);
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    // Somebody else laid the same artifact out meanwhile.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** Writes the files of an artifact below a folder. */
export async function downloadFiles(
  api: ApiClient,
  artifact: ArtifactDetail,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  for (const { path } of artifact.files) {
    signal.throwIfAborted();
    if (!isSafeRelativePath(path)) {
      throw new CommandError(
        'CLI_UNSAFE_PATH',
        `${artifact.id} names the path '${path}', which could leave the folder`,
      );
    }
    const target = join(folder, path);
    await makeFolder(dirname(target));
    await api.download(filePath(artifact.id, path), target);
    // Artifacts have no modes: the program is the file that is meant to be run.
    if (artifact.kind === 'program' && path === 'app') await chmod(target, 0o755);
  }
}
