import { existsSync } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isSafeRelativePath, type Digest } from '@sedge/artifact-contracts';
import type { ApiClient } from '../client/api-client.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

interface ArtifactDetail {
  id: Digest;
  kind: string;
  files: { path: string; digest: Digest; sizeBytes: number }[];
}

/**
 * Lays the files of an artifact out in a folder, once: the folder is named by the id and appears only when it is whole.
 *
 * @returns the folder
 */
export async function materializeArtifact(
  api: ApiClient,
  id: string,
  parent: string,
  signal: AbortSignal,
): Promise<string> {
  const artifact = await api.get<ArtifactDetail>(`/v1/artifacts/${id}`);
  if (artifact.kind !== 'application' && artifact.kind !== 'program') {
    throw new CommandError(
      'CLI_NOT_AN_APPLICATION',
      `${id} is a ${artifact.kind}`,
      EXIT.usage,
      'name an application or a program',
    );
  }
  const folder = join(parent, artifact.id.replace('sha256:', ''));
  if (existsSync(folder)) return folder;
  const partial = `${folder}.partial-${process.pid}`;
  await rm(partial, { recursive: true, force: true });
  for (const file of artifact.files) {
    signal.throwIfAborted();
    if (!isSafeRelativePath(file.path))
      throw new CommandError('CLI_UNSAFE_PATH', `${id} names the path '${file.path}'`);
    const target = join(partial, file.path);
    await mkdir(dirname(target), { recursive: true });
    await api.download(
      `/v1/artifacts/${artifact.id}/files/${file.path.split('/').map(encodeURIComponent).join('/')}`,
      target,
    );
    if (file.path === 'app') await chmod(target, 0o755);
  }
  await rename(partial, folder);
  return folder;
}
