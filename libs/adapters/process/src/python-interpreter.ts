import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ToolUnavailableError } from '@sedge/ports';
import { passingShortage } from '@sedge/tool-contracts';
import { installerEnvironment } from './tool-environment.js';

const run = promisify(execFile);

export interface Interpreter {
  command: string;
  /** e.g. `3.11.7` */
  version: string;
  /** what of it a package's files depend on, e.g. `cpython-3.11-linux-x86_64` */
  tag: string;
}

const NAMES = ['python3', 'python', ...[14, 13, 12, 11, 10].map((minor) => `python3.${minor}`)];
const DESCRIBE =
  'import sys,platform;print(platform.python_version(),f"{sys.implementation.name}-{sys.version_info[0]}.{sys.version_info[1]}-{sys.platform}-{platform.machine()}")';

/** Finds a Python of this machine that fits, e.g. `>=3.10,<3.14`. @throws ToolUnavailableError PYTHON_MISSING */
export async function findInterpreter(wanted: string): Promise<Interpreter> {
  const seen: string[] = [];
  for (const command of NAMES) {
    const interpreter = await describe(command);
    if (interpreter && satisfies(interpreter.version, wanted)) return interpreter;
    if (interpreter) seen.push(`${command} is ${interpreter.version}`);
  }
  throw new ToolUnavailableError(
    'PYTHON_MISSING',
    `no Python ${wanted} was found${seen.length > 0 ? ` (${seen.join(', ')})` : ''}`,
    'install Python with its venv module, e.g. apt-get install python3 python3-venv',
  );
}

async function describe(command: string): Promise<Interpreter | null> {
  try {
    const { stdout } = await run(command, ['-c', DESCRIBE], { env: installerEnvironment(), timeout: 20_000 });
    const [version, tag] = stdout.trim().split(' ');
    return version && tag ? { command, version, tag } : null;
  } catch (error) {
    if (passingShortage(error) !== null) throw error;
    return null;
  }
}

const CONDITION = /^\s*(>=|<=|==|!=|>|<)\s*(\d+(?:\.\d+)*)\s*$/;

/** Whether a version fulfils every condition of a list like `>=3.10,<3.14`. */
export function satisfies(version: string, wanted: string): boolean {
  return wanted.split(',').every((condition) => {
    const match = CONDITION.exec(condition);
    if (!match) return false;
    const order = compare(version, match[2]!);
    const holds: Record<string, boolean> = {
      '>=': order >= 0,
      '<=': order <= 0,
      '==': order === 0,
      '!=': order !== 0,
      '>': order > 0,
      '<': order < 0,
    };
    return holds[match[1]!]!;
  });
}

/** Compares as many parts as the condition names, so that 3.11.7 is `==3.11`. */
function compare(version: string, named: string): number {
  const given = version.split('.').map(Number);
  for (const [index, part] of named.split('.').map(Number).entries()) {
    const difference = (given[index] ?? 0) - part;
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}
