// Podman with a storage of its own in .cache/images, so that it meets no image and no container of the user's. Layers in it are mounted:
// umount --recursive .cache/images/storage/overlay, then the folder can be removed.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..', '..', '..');
export const IMAGES_FOLDER = join(ROOT, '.cache', 'images');
/** Options of podman's `build` here. */
export const BUILD_OPTIONS = ['--network', 'host'];

let known;

/** The environment in which podman finds its storage, and in which it works on hosts without systemd, such as containers. */
export function podmanEnvironment() {
  known ??= { ...process.env, ...storageSettings(), ...(existsSync('/run/systemd/system') ? {} : engineSettings()) };
  return known;
}

/** Calls podman. @returns what it prints. @throws Error with its own words */
export function podman(args, options = {}) {
  try {
    const all = { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'pipe'], ...options };
    return execFileSync('podman', args, { ...all, env: podmanEnvironment() }).trim();
  } catch (error) {
    throw new Error(`podman ${args.join(' ')}: ${String(error.stderr ?? error.message).trim()}`, { cause: error });
  }
}

export const imageExists = (name) =>
  spawnSync('podman', ['image', 'exists', name], { env: podmanEnvironment() }).status === 0;

/** Layers over each other where the kernel and the file system can, else whole copies. */
function storageSettings() {
  mkdirSync(IMAGES_FOLDER, { recursive: true });
  const file = join(IMAGES_FOLDER, 'storage.conf');
  const environment = { CONTAINERS_STORAGE_CONF: file };
  if (existsSync(file)) return environment;
  const textFor = (driver) =>
    `[storage]\ndriver = "${driver}"\ngraphroot = "${join(IMAGES_FOLDER, 'storage')}"\nrunroot = "${join(IMAGES_FOLDER, 'run')}"\n`;
  writeFileSync(file, textFor('overlay'));
  const { status } = spawnSync('podman', ['info'], { env: { ...process.env, ...environment } });
  if (status !== 0) writeFileSync(file, textFor('vfs'));
  return environment;
}

/** What podman's own monitor of a container allows it. */
const MOST = { nofile: 1_048_576, nproc: 32_768 };

/** Without systemd podman keeps its own groups and events, can't set timers, and may raise no limit over those of this process. */
function engineSettings() {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const ulimit = (name, title) => {
    const hard = Number(new RegExp(`^${title} +\\S+ +(\\d+)`, 'm').exec(limits)?.[1] ?? Infinity);
    return `"${name}=${Math.min(hard, MOST[name])}:${Math.min(hard, MOST[name])}"`;
  };
  const file = join(IMAGES_FOLDER, 'containers.conf');
  const lines = [
    '[containers]',
    `default_ulimits = [${ulimit('nofile', 'Max open files')}, ${ulimit('nproc', 'Max processes')}]`,
    '[engine]',
    'cgroup_manager = "cgroupfs"',
    'events_logger = "file"',
    ...(spawnSync('runc', ['--version']).status === 0 ? ['runtime = "runc"'] : []),
    '[network]',
    `network_config_dir = "${join(IMAGES_FOLDER, 'networks')}"`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return { CONTAINERS_CONF: file, BUILDAH_ISOLATION: 'chroot', DISABLE_HC_SYSTEMD: 'true' };
}
