// Builds the servers that tests and `npm run up:distributed` start, where Go is and they are not there yet. They are kept in the user's cache.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { assertFreeDisk, runCommand } from './steps.mjs';

const BUILD_MB = 2500;
/** Kubernetes is large. */
const KUBERNETES_MB = 6000;

/**
 * What the deep tests of Kubernetes need besides: its control plane and helm (ten minutes to half an hour, once), and KEDA's definitions.
 * @returns what is still missing after it, one sentence each
 */
export async function prepareKubernetes() {
  const { KEDA, KUBERNETES_PROGRAMS, builtServerFolder, findServer, missingServer } = await import(
    resolve('libs', 'local-servers', 'dist', 'index.js')
  );
  if (spawnSync('go', ['version']).status === 0) {
    for (const program of KUBERNETES_PROGRAMS) {
      if (findServer(program.name) === null) await buildServer(program, builtServerFolder(program), KUBERNETES_MB);
    }
    if (!existsSync(builtServerFolder(KEDA))) copyKeda(KEDA, builtServerFolder(KEDA));
  }
  const missing = KUBERNETES_PROGRAMS.map(({ name }) => missingServer(name)).filter(Boolean);
  return existsSync(builtServerFolder(KEDA)) ? missing : [...missing, "KEDA's definitions are missing; Go gets them"];
}

function copyKeda({ package: path, version }, folder) {
  const { stdout, status } = spawnSync('go', ['mod', 'download', '-json', `${path}@${version}`], { encoding: 'utf8' });
  if (status !== 0) return;
  const unfinished = `${folder}.${process.pid}.unfinished`;
  cpSync(join(JSON.parse(stdout).Dir, 'config', 'crd', 'bases'), unfinished, { recursive: true });
  renameSync(unfinished, folder);
}

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
async function buildServer({ name, package: path, version }, folder, diskMb = BUILD_MB) {
  mkdirSync(dirname(folder), { recursive: true });
  assertFreeDisk(folder, diskMb, `Building ${name}`, 'set XDG_CACHE_HOME to a folder on another disk');
  const unfinished = `${folder}.${process.pid}.unfinished`;
  try {
    const isOurs = path.startsWith('./');
    const what = isOurs ? ['build', '-C', path, '-o', join(resolve(unfinished), name)] : ['install'];
    const args = [...what, '-ldflags=-s -w', isOurs ? '.' : `${path}@${version}`];
    await runCommand(`building ${name}`, 'go', args, { env: { GOBIN: resolve(unfinished), GOFLAGS: '' } });
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
