import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { SedgeCommand } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { green, red, yellow } from '../output/terminal.js';
import { bytes } from '../output/units.js';
import { makeFolder } from '../program/named-place.js';

/** One fact about the machine: `ok`, a `warning` that can be lived with, or a `problem` that must be mended. */
interface Finding {
  what: string;
  state: 'ok' | 'warning' | 'problem';
  found: string;
  mend?: string;
}

interface ProgramRow {
  name: string;
  why: string;
  get: string;
  version: string | null;
}

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const run = promisify(execFile);
const LOW_DISK_BYTES = 8 * 1024 ** 3;

export const command: SedgeCommand = {
  usage: 'doctor',
  summary: 'check this machine: programs, disk, data directory, engine',
  help: `Looks at everything that Sedge needs and says how to mend what is wrong.

Exit codes: 0 all is well (warnings included), 5 something must be mended.`,
  configure() {},
  async run(context) {
    const findings = [
      ...(await programs()),
      ...(await containers()),
      await dataDirectory(context.dataDirectory),
      disk(context.dataDirectory),
      await engine(),
    ];
    context.emit({ findings });
    for (const { state, what, found, mend } of findings) {
      const mark = state === 'ok' ? green('✓') : state === 'warning' ? yellow('!') : red('✗');
      context.say(`${mark} ${what}: ${found}${mend ? `\n    ${mend}` : ''}`);
    }
    return findings.some((finding) => finding.state === 'problem') ? EXIT.environment : EXIT.ok;
  },
};

async function programs(): Promise<Finding[]> {
  const { stdout } = await run(process.execPath, ['tools/dev/setup/programs.mjs'], { cwd: root });
  const rows = JSON.parse(stdout) as ProgramRow[];
  return rows.map(({ name, why, get, version }) =>
    version
      ? { what: name, state: 'ok', found: version }
      : { what: name, state: 'problem', found: `missing; it ${why}`, mend: `get it: ${get}` },
  );
}

async function containers(): Promise<Finding[]> {
  for (const program of ['podman', 'docker']) {
    try {
      await run(program, ['info'], { timeout: 10_000 });
      return [{ what: 'container tools', state: 'ok', found: program }];
    } catch {
      continue;
    }
  }
  const mend = 'needed only for tools with the container runtime; get podman: apt-get install podman';
  return [{ what: 'container tools', state: 'warning', found: 'neither podman nor a Docker engine answers', mend }];
}

async function dataDirectory(path: string): Promise<Finding> {
  try {
    await makeFolder(path);
    accessSync(path, constants.W_OK);
    return { what: 'data directory', state: 'ok', found: path };
  } catch (error) {
    const mend = 'choose another with --data-dir or SEDGE_HOME';
    return { what: 'data directory', state: 'problem', found: (error as Error).message, mend };
  }
}

function disk(path: string): Finding {
  if (!existsSync(path)) return { what: 'free disk', state: 'warning', found: 'the data directory does not exist yet' };
  const { bavail, bsize } = statfsSync(path);
  const free = bavail * bsize;
  const found = `${bytes(free)} free at ${path}`;
  if (free >= LOW_DISK_BYTES) return { what: 'free disk', state: 'ok', found };
  return { what: 'free disk', state: 'warning', found, mend: 'the training environment may need up to 6 GB' };
}

async function engine(): Promise<Finding> {
  try {
    const { cpuInfo } = await import('@sedge/lne');
    const info = cpuInfo();
    return { what: 'native engine', state: 'ok', found: `loaded; ${info.model}` };
  } catch (error) {
    return {
      what: 'native engine',
      state: 'problem',
      found: (error as Error).message,
      mend: 'build it: npm run build:native',
    };
  }
}
