import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canonicalJson, isSafeRelativePath, type ApplicationMetadata } from '@sedge/artifact-contracts';
import { METADATA_FILE } from '@sedge/tool-contracts';

/** Writes a generated tree into a job's output. */
export async function writeApplication(
  folder: string,
  files: Map<string, Uint8Array>,
  metadata: ApplicationMetadata,
): Promise<void> {
  for (const [path, bytes] of files) {
    if (!isSafeRelativePath(path)) throw new Error(`the generator names the path '${path}'`);
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  await writeFile(join(folder, METADATA_FILE), canonicalJson(metadata));
}
