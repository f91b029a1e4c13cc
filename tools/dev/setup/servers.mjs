// Builds the servers that tests and `npm run up:distributed` start, where Go is and they are not there yet. They are kept in the user's cache.
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { assertFreeDisk, runCommand } from './steps.mjs';

const BUILD_MB = 2500;

/** @returns what is still missing after it, one sentence each */
export async function prepareServers() {
  const { GO_SERVERS, builtServerFolder, findServer, missingServer } = await import(
    resolve('libs', 'local-servers', 'dist', 'index.js')
  );
  const hasGo = spawnSync('go', ['version']).status === 0;
  for (const server of GO_SERVERS) {
    if (findServer(server.name) === null && hasGo) await buildServer(server, builtServerFolder(server));
  }
  return [...GO_SERVERS.map(({ name }) => name), 'postgres'].map((name) => missingServer(name)).filter(Boolean);
}

/** Into a folder of its own first, so that an interrupted build leaves nothing that looks like a server. */
async function buildServer({ name, package: path, version }, folder) {
  mkdirSync(dirname(folder), { recursive: true });
  assertFreeDisk(folder, BUILD_MB, `Building ${name}`, 'set XDG_CACHE_HOME to a folder on another disk');
  const unfinished = `${folder}.${process.pid}.unfinished`;
  try {
    await runCommand(`building ${name}`, 'go', ['install', '-ldflags=-s -w', `${path}@${version}`], {
      env: { GOBIN: resolve(unfinished), GOFLAGS: '' },
    });
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

// `node tools/dev/setup/servers.mjs` builds them and says what is missing.
if (process.argv[1] === import.meta.filename) {
  process.chdir(join(import.meta.dirname, '..', '..', '..'));
  for (const sentence of await prepareServers()) console.log(sentence);
}
