import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunToolCommand, ToolOutcome, ToolRun } from '@sedge/ports';
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
  interpreter: Interpreter;
  signal: AbortSignal;
  onLine: ToolRun['onLine'];
}

/** The first step that failed, or success. */
type Step = Promise<ToolOutcome>;

const run: RunToolCommand = runToolCommand;
const INSTALLER_GRACE_MS = 3000;

/** Installs what a lock names, and nothing that it leaves out, into a fresh environment: by uv, which is had by pip where it isn't there, or by pip alone. */
export async function install(installation: Installation): Step {
  const uv = await findUv(installation);
  return uv === null ? installByPip(installation) : installByUv(uv, installation);
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
  const made = await command(quiet, interpreter.command, ['-m', 'venv', bootstrap], environment);
  if (made.status !== 'succeeded') return null;
  const args = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', 'uv'];
  const got = await command(quiet, join(bootstrap, 'bin', 'python'), args, environment);
  return got.status === 'succeeded' ? uv : null;
}

function command(
  { bootstrapDirectory, signal, onLine }: Installation,
  file: string,
  args: string[],
  environment: Record<string, string>,
): Step {
  // uv and pip report on standard error; for them that is no warning.
  const asInfo: ToolRun['onLine'] = (line) => onLine(line.type === 'log' ? { ...line, level: 'info' } : line);
  const workDirectory = join(bootstrapDirectory, '..');
  return run({ file, args, workDirectory, environment, graceMs: INSTALLER_GRACE_MS, signal, onLine: asInfo });
}
