import { readFileSync } from 'node:fs';
import { chmod, writeFile } from 'node:fs/promises';

/** Writes a file that nobody else may read; whoever could read one of that name before can't any more. */
export async function writeSecretFile(file: string, text: string): Promise<void> {
  await writeFile(file, '', { mode: 0o600 });
  await chmod(file, 0o600);
  await writeFile(file, text);
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
