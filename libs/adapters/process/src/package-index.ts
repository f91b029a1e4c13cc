import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Interpreter } from './python-interpreter.js';
import { installerEnvironment } from './tool-environment.js';

const run = promisify(execFile);

/** Package indexes that a lock may name besides the user's own. */
const INDEXES: Readonly<Record<string, string>> = { 'pytorch-cpu': 'https://download.pytorch.org/whl/cpu' };
const PROBE_TIMEOUT_S = 5;

/** The address of a named index. `SEDGE_INDEX_PYTORCH_CPU` and the like name a mirror of it. */
export function indexUrl(name: string): string | null {
  return process.env[`SEDGE_INDEX_${name.replaceAll('-', '_').toUpperCase()}`] ?? INDEXES[name] ?? null;
}

/** Whether an index answers. Asked through Python, which goes through the user's proxies as the installer will. */
export async function indexAnswers(url: string, interpreter: Interpreter): Promise<boolean> {
  const code =
    'import sys,urllib.request as r;r.urlopen(r.Request(sys.argv[1],headers={"user-agent":"pip"}),timeout=float(sys.argv[2])).read(1)';
  const args = ['-c', code, `${url.replace(/\/$/, '')}/`, String(PROBE_TIMEOUT_S)];
  try {
    await run(interpreter.command, args, { env: installerEnvironment(), timeout: (PROBE_TIMEOUT_S + 3) * 1000 });
    return true;
  } catch {
    return false;
  }
}

/**
 * The user's settings of pip, in the words of uv, which doesn't read them: mirrors, find-links and trusted hosts count with either.
 * What is set for uv itself goes before.
 */
export async function uvEnvironment(interpreter: Interpreter): Promise<Record<string, string>> {
  const environment = installerEnvironment();
  const pip = await pipSettings(interpreter);
  const set = (name: string, value: string | undefined, separator: string): void => {
    if (value === undefined || environment[name] !== undefined) return;
    environment[name] = value.trim().split(/\s+/).join(separator);
  };
  if (environment['UV_INDEX_URL'] === undefined) set('UV_DEFAULT_INDEX', pip['index-url'], '');
  set('UV_INDEX', pip['extra-index-url'], ' ');
  set('UV_FIND_LINKS', pip['find-links'], ',');
  set('UV_INSECURE_HOST', pip['trusted-host'], ' ');
  set('SSL_CERT_FILE', pip['cert'], '');
  if (pip['no-index'] !== undefined && !/^(0|false|no|off)$/i.test(pip['no-index'])) set('UV_NO_INDEX', '1', '');
  return environment;
}

/** What pip's files and environment variables set, by option; later and more special places win, as with pip itself. */
async function pipSettings(interpreter: Interpreter): Promise<Record<string, string>> {
  let stdout: string;
  try {
    ({ stdout } = await run(interpreter.command, ['-m', 'pip', 'config', 'list'], { env: installerEnvironment() }));
  } catch {
    return {};
  }
  const settings: Record<string, string> = {};
  for (const section of ['global', 'install', ':env:']) {
    for (const line of stdout.split('\n')) {
      const match = /^(\S+)\.([a-z-]+)='(.*)'$/.exec(line.trim());
      if (match?.[1] === section) settings[match[2]!] = match[3]!.replaceAll('\\n', ' ');
    }
  }
  return settings;
}
