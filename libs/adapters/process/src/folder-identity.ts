import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Digest } from '@sedge/artifact-contracts';

/** What interpreters and test runners leave in a folder, and no one wrote. */
const CACHES = new Set(['__pycache__', '.pytest_cache', '.mypy_cache', '.ruff_cache', '.venv', '.git', '.DS_Store']);

/** The digest of each file of a folder by its path, caches apart. */
export async function folderIdentity(folder: string): Promise<Record<string, Digest>> {
  const files: Record<string, Digest> = {};
  for (const path of (await pathsUnder(folder, '')).sort()) files[path] = await digestOfFile(join(folder, path));
  return files;
}

async function pathsUnder(root: string, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    if (CACHES.has(entry.name) || entry.name.endsWith('.pyc')) continue;
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    const isFolder = entry.isSymbolicLink() ? (await stat(join(root, path))).isDirectory() : entry.isDirectory();
    if (isFolder) paths.push(...(await pathsUnder(root, path)));
    else paths.push(path);
  }
  return paths;
}

async function digestOfFile(path: string): Promise<Digest> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return `sha256:${hash.digest('hex')}`;
}
