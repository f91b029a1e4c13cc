import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A server that is built from its sources by Go, at one version, into the user's cache. */
export interface GoServer {
  name: string;
  /** what `go install` builds */
  package: string;
  version: string;
}

export const GO_SERVERS: readonly GoServer[] = [
  { name: 'nats-server', package: 'github.com/nats-io/nats-server/v2', version: 'v2.15.2' },
  { name: 'versitygw', package: 'github.com/versity/versitygw/cmd/versitygw', version: 'v1.8.0' },
];

/** Programs that only the deep tests need: they take long to build. */
export const KUBERNETES_PROGRAMS: readonly GoServer[] = [
  { name: 'control-plane', package: './tools/dev/kubernetes', version: 'v1.37.2' },
  { name: 'helm', package: 'helm.sh/helm/v3/cmd/helm', version: 'v3.22.0' },
];

/** Definitions of KEDA's resources: files of a Go module. */
export const KEDA: GoServer = { name: 'keda', package: 'github.com/kedacore/keda/v2', version: 'v2.21.0' };

/** The programs behind the ports in the distributed column, and those of the deep tests. */
export type ServerName = 'nats-server' | 'versitygw' | 'postgres' | 'control-plane' | 'helm';

/** Below 14 some statements of the migrations are unknown. */
const OLDEST_POSTGRES = 14;
const POSTGRES_HOMES = ['/usr/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt'];

/** Folder into which a Go server is built. */
export function builtServerFolder({ name, version }: GoServer): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'sedge', 'servers', `${name}-${version}`);
}

/**
 * Finds a server's program: a built one in the cache, else on the PATH.
 * @returns its path (for postgres the folder of its programs), or null
 */
export function findServer(name: ServerName): string | null {
  if (name === 'postgres') return findPostgres();
  const built = join(builtServerFolder(goServer(name)), name);
  return existsSync(built) ? built : onPath(name);
}

/** How to get the first of these servers that is missing, or null where all are there. */
export function missingServer(...names: ServerName[]): string | null {
  const missing = names.find((name) => findServer(name) === null);
  if (missing === undefined) return null;
  if (missing === 'postgres') {
    return `PostgreSQL ≥ ${OLDEST_POSTGRES} is missing; get it by apt-get install postgresql · brew install postgresql@17`;
  }
  const { package: path, version } = goServer(missing);
  if (KUBERNETES_PROGRAMS.some(({ name }) => name === missing)) {
    return `${missing} is missing; npm run test:deep -- kubernetes builds it where Go is (https://go.dev/dl)`;
  }
  return `${missing} is missing; npm test builds it where Go is (https://go.dev/dl), or: go install ${path}@${version}`;
}

const goServer = (name: ServerName): GoServer =>
  [...GO_SERVERS, ...KUBERNETES_PROGRAMS].find((candidate) => candidate.name === name)!;

function onPath(name: string): string | null {
  const folder = (process.env['PATH'] ?? '').split(delimiter).find((path) => existsSync(join(path, name)));
  return folder === undefined ? null : join(folder, name);
}

function findPostgres(): string | null {
  const installed = POSTGRES_HOMES.filter((home) => existsSync(home)).flatMap((home) =>
    readdirSync(home)
      .filter((name) => /^(postgresql@)?\d+$/.test(name))
      .sort((a, b) => majorOf(b) - majorOf(a))
      .map((name) => join(home, name, 'bin')),
  );
  const fromPath = onPath('initdb');
  const folders = fromPath === null ? installed : [...installed, join(fromPath, '..')];
  return folders.find((folder) => existsSync(join(folder, 'postgres')) && isUsable(join(folder, 'postgres'))) ?? null;
}

const majorOf = (text: string): number => Number(/(\d+)/.exec(text)?.[1] ?? 0);

function isUsable(program: string): boolean {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 && majorOf(stdout) >= OLDEST_POSTGRES;
}
