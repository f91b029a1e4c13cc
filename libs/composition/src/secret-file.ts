import { chmod, writeFile } from 'node:fs/promises';

/** Writes a file that nobody else may read; whoever could read one of that name before can't any more. */
export async function writeSecretFile(file: string, text: string): Promise<void> {
  await writeFile(file, '', { mode: 0o600 });
  await chmod(file, 0o600);
  await writeFile(file, text);
}
