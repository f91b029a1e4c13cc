import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open, realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file that nobody else may read; whoever could read one of that name before can't any more. At any moment the file is there whole,
 * as it was before or as it is then: what is lost with it, e.g. the passwords of the broker, can't be had again.
 */
export async function writeSecretFile(file: string, text: string): Promise<void> {
  // A link stays one: what it leads to is written.
  const place = await realpath(file).catch(() => file);
  const draft = `${place}.draft-${randomBytes(6).toString('hex')}`;
  try {
    await writeToDisk(draft, text);
    await rename(draft, place);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(dirname(place));
}

/** @throws where there is a file of that name, or a link, which somebody else may have made */
async function writeToDisk(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Without this the new name may be gone after a power cut. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * A setting that is secret: in the variable, or in the file that the variable with `_FILE` behind its name names.
 * @throws Error where that file can't be read
 */
export function readSecret(environment: Record<string, string | undefined>, name: string): string | undefined {
  const file = environment[`${name}_FILE`];
  if (file === undefined || file === '') return environment[name];
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(`${name}_FILE must name a file that can be read: ${(error as Error).message}`);
  }
}
