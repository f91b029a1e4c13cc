import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';

const UNFINISHED = '.unfinished-';

/**
 * Makes sure that a data directory holds a cluster. A new one is made under another name and renamed when it is whole, so that a
 * process killed on its way leaves nothing that looks like a cluster.
 *
 * @param templateDirectory where a fresh cluster is kept as an archive: making one takes seconds, unpacking one a fraction
 */
export async function prepareCluster(directory: string, templateDirectory?: string): Promise<void> {
  if (existsSync(join(directory, 'PG_VERSION'))) return;
  await mkdir(dirname(directory), { recursive: true });
  await removeUnfinished(directory);
  const unfinished = `${directory}${UNFINISHED}${randomUUID()}`;
  const loadDataDir = templateDirectory === undefined ? undefined : await templateIn(templateDirectory);
  const cluster = await PGlite.create({ dataDir: unfinished, ...(loadDataDir && { loadDataDir }) });
  await cluster.close();
  await rename(unfinished, directory);
}

async function removeUnfinished(directory: string): Promise<void> {
  const parent = dirname(directory);
  for (const name of await readdir(parent)) {
    if (name.startsWith(`${basename(directory)}${UNFINISHED}`)) await rm(join(parent, name), { recursive: true });
  }
}

async function templateIn(directory: string): Promise<Blob> {
  const path = join(directory, `pglite-${versionOfPglite()}.tar.gz`);
  if (!existsSync(path)) await makeTemplate(path);
  return new Blob([new Uint8Array(await readFile(path))]);
}

async function makeTemplate(path: string): Promise<void> {
  const cluster = await PGlite.create();
  const dump = await cluster.dumpDataDir('gzip');
  await cluster.close();
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}${UNFINISHED}${randomUUID()}`;
  try {
    await writeFile(unfinished, Buffer.from(await dump.arrayBuffer()));
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
}

function versionOfPglite(): string {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  // The package exports no package.json; it lies one folder above the entry.
  const manifest = JSON.parse(readFileSync(join(dirname(entry), '..', 'package.json'), 'utf8')) as { version: string };
  return manifest.version;
}
