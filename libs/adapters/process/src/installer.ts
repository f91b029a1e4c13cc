import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunToolCommand, ToolOutcome, ToolRun } from '@sedge/ports';
import { InstallProgress } from './install-progress.js';
import { forgetPid, killOrphan, notePid } from './orphans.js';
import { indexUrl, uvEnvironment } from './package-index.js';
import type { Interpreter } from './python-interpreter.js';
import { runToolCommand } from './run-tool-command.js';
import { installerEnvironment } from './tool-environment.js';

export interface Installation {
  /** the environment's directory */
  path: string;
  lockPath: string;
  /** name of the index besides the user's own */
  index: string | null;
  /** folder for what installers need themselves */
  bootstrapDirectory: string;
  /** folder that names the installer's process while it runs, so that whoever comes after a sudden death can end it */
  noteDirectory: string;
  interpreter: Interpreter;
  signal: AbortSignal;
  onLine: ToolRun['onLine'];
}

/** The first step that failed, or success. */
type Step = Promise<ToolOutcome>;

const run: RunToolCommand = runToolCommand;
const INSTALLER_GRACE_MS = 3000;

/** Ends an installer that a dead process left working. */
export const killInstaller = killOrphan;
export const forgetInstaller = forgetPid;

/** Installs what a lock names, and nothing that it leaves out, into a fresh environment: by uv, which is had by pip where it isn't there, or by pip alone. */
export async function install(installation: Installation): Step {
  const uv = await findUv(installation);
  if (uv !== null) return installByUv(uv, installation);
  const isPossible = await hasVenv(installation);
  if (installation.signal.aborted) return { status: 'cancelled' };
  return isPossible ? installByPip(installation) : withoutVenv(installation.interpreter);
}

async function installByUv(uv: string, installation: Installation): Step {
  const { path, lockPath, interpreter, index } = installation;
  const environment = await uvEnvironment(interpreter);
  const created = await command(
    installation,
    uv,
    ['venv', '--quiet', '--python', interpreter.command, path],
    environment,
  );
  if (created.status !== 'succeeded') return created;
  const url = index === null ? null : indexUrl(index);
  // The additional index holds builds of its own beside copies of others: each package comes from where its locked version is.
  const more = url === null ? [] : ['--index', url, '--index-strategy', 'unsafe-best-match'];
  const args = [
    'pip',
    'install',
    '--no-deps',
    '--python',
    join(path, 'bin', 'python'),
    ...more,
    '--requirements',
    lockPath,
  ];
  return command(installation, uv, args, environment);
}

async function installByPip(installation: Installation): Step {
  const { path, lockPath, interpreter, index } = installation;
  const environment = installerEnvironment();
  const created = await command(installation, interpreter.command, ['-m', 'venv', path], environment);
  if (created.status !== 'succeeded') return created;
  const url = index === null ? null : indexUrl(index);
  const more = url === null ? [] : ['--extra-index-url', url];
  const args = [
    '-m',
    'pip',
    'install',
    '--no-deps',
    '--disable-pip-version-check',
    '--no-input',
    ...more,
    '--requirement',
    lockPath,
  ];
  return command(installation, join(path, 'bin', 'python'), args, environment);
}

/** Some systems split Python's own means to make environments off into a package of their own. */
async function hasVenv(installation: Installation): Promise<boolean> {
  const quiet = { ...installation, onLine: () => undefined };
  const args = ['-c', 'import venv, ensurepip'];
  return (await command(quiet, installation.interpreter.command, args, installerEnvironment())).status === 'succeeded';
}

function withoutVenv({ command: python, version }: Interpreter): ToolOutcome {
  const message = `${python} (${version}) can't make virtual environments: its modules venv and ensurepip are missing; install them, e.g. apt-get install python3-venv, or install uv`;
  return { status: 'failed', class: 'permanent', code: 'ENVIRONMENT_VENV_MISSING', message };
}

/** uv installs in a fraction of pip's time, and shares files between environments. */
async function findUv(installation: Installation): Promise<string | null> {
  const environment = installerEnvironment();
  const quiet = { ...installation, onLine: () => undefined };
  if ((await command(quiet, 'uv', ['--version'], environment)).status === 'succeeded') return 'uv';
  const bootstrap = installation.bootstrapDirectory;
  const uv = join(bootstrap, 'bin', 'uv');
  if (existsSync(uv) && (await command(quiet, uv, ['--version'], environment)).status === 'succeeded') return uv;
  await rm(bootstrap, { recursive: true, force: true });
  installation.onLine({ type: 'log', level: 'info', message: 'getting uv, the installer' });
  const { interpreter } = installation;
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input'];
  const isThere = async (file: string, args: string[]): Promise<boolean> =>
    (await command(quiet, file, args, environment)).status === 'succeeded';
  if (await isThere(interpreter.command, ['-m', 'pip', '--version'])) {
    return (await isThere(interpreter.command, [...pip, '--target', bootstrap, 'uv'])) ? uv : null;
  }
  if (!(await isThere(interpreter.command, ['-m', 'venv', bootstrap]))) return null;
  return (await isThere(join(bootstrap, 'bin', 'python'), [...pip, 'uv'])) ? uv : null;
}

function command(
  { bootstrapDirectory, noteDirectory, signal, onLine }: Installation,
  file: string,
  args: string[],
  environment: Record<string, string>,
): Step {
  const progress = new InstallProgress();
  // uv and pip report on standard error; for them that is no warning.
  const asInfo: ToolRun['onLine'] = (line) => {
    onLine(line.type === 'log' ? { ...line, level: 'info' } : line);
    const step = line.type === 'log' ? progress.read(line.message) : null;
    if (step) onLine(step);
  };
  const workDirectory = join(bootstrapDirectory, '..');
  const onStart = (pid: number): void => void notePid(noteDirectory, pid).catch(() => undefined);
  return run({ file, args, workDirectory, environment, graceMs: INSTALLER_GRACE_MS, signal, onLine: asInfo, onStart });
}
