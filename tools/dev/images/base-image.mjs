// A base for the images where no registry is asked: Debian by debootstrap, with the Node.js of this machine and the authorities that it trusts.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError, runCommand } from '../setup/steps.mjs';
import { IMAGES_FOLDER, imageExists, podman } from './podman.mjs';

const RELEASE = 'bookworm';
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
/** What the slim images of Debian leave out as well. */
const LEFT_OUT = ['doc', 'man', 'info', 'locale'].map((name) => `usr/share/${name}`);

/** Gives the base that SEDGE_IMAGES_BASE names, or makes one, once for each version of Node.js. @returns its name */
export async function baseImage() {
  const named = process.env.SEDGE_IMAGES_BASE;
  if (named) return named;
  const name = `localhost/sedge-base:${RELEASE}-node${process.versions.node}`;
  if (imageExists(name)) return name;
  const root = join(IMAGES_FOLDER, `base.${process.pid}.unfinished`);
  try {
    await runCommand('making a Debian', 'debootstrap', [
      '--variant=minbase',
      '--include=ca-certificates',
      RELEASE,
      root,
    ]);
    addNode(root);
    addAuthorities(root);
    leaveOut(root);
    importRoot(root, name);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
  return name;
}

function addNode(root) {
  const local = (...names) => join(root, 'usr', 'local', ...names);
  cpSync(realpathSync(process.execPath), local('bin', 'node'));
  const modules = execFileSync('npm', ['root', '--global'], { encoding: 'utf8' }).trim();
  mkdirSync(local('lib', 'node_modules'), { recursive: true });
  cpSync(realpathSync(join(modules, 'npm')), local('lib', 'node_modules', 'npm'), { recursive: true });
  for (const program of ['npm', 'npx']) {
    symlinkSync(`../lib/node_modules/npm/bin/${program}-cli.js`, local('bin', program));
  }
  try {
    execFileSync('chroot', [root, 'node', '--version'], { stdio: 'pipe' });
  } catch (error) {
    const mend = 'name a base that has its own, by SEDGE_IMAGES_BASE=IMAGE';
    throw new SetupError(
      `the Node.js of this machine does not run in a bare Debian ${RELEASE}: ${error.message}; ${mend}`,
    );
  }
}

/** Certificates that the administrator of this machine added. */
function addAuthorities(root) {
  const place = '/usr/local/share/ca-certificates';
  if (existsSync(place)) cpSync(place, join(root, place), { recursive: true });
  execFileSync('chroot', [root, 'update-ca-certificates'], { stdio: 'ignore' });
}

function leaveOut(root) {
  const rules = LEFT_OUT.map((folder) => `path-exclude=/${folder}/*`);
  writeFileSync(join(root, 'etc', 'dpkg', 'dpkg.cfg.d', 'small'), `${rules.join('\n')}\n`);
  for (const folder of [...LEFT_OUT, 'var/cache', 'var/lib/apt/lists']) {
    rmSync(join(root, folder), { recursive: true, force: true });
    mkdirSync(join(root, folder));
  }
  for (const folder of ['partial', 'archives/partial'])
    mkdirSync(join(root, 'var/cache/apt', folder), { recursive: true });
}

function importRoot(root, name) {
  const archive = `${root}.tar`;
  // Programs that don't read the system's list of authorities are told where it is.
  const variables = ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS', 'PIP_CERT'].map(
    (variable) => `ENV ${variable}=${CERTIFICATES}`,
  );
  const changes = ['CMD ["node"]', ...variables].flatMap((change) => ['--change', change]);
  try {
    execFileSync('tar', ['--numeric-owner', '--one-file-system', '-C', root, '-cf', archive, '.']);
    podman(['import', '--quiet', ...changes, archive, name]);
  } finally {
    rmSync(archive, { force: true });
  }
}
