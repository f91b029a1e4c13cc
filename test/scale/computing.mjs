// What the machine itself makes of a second process that computes: no scheduler of ours can be better.
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SECONDS = 8;
const run = promisify(execFile);
const program = join(import.meta.dirname, 'computing.py');

/** @param environments folder of Python environments @returns measures how many times as much two training processes do at once as one alone */
export function sideBySide(environments) {
  const python = pythonOf('train-pytorch', environments);
  const stepsPerSecond = async () => Number((await run(python, [program, String(SECONDS)])).stdout);
  return async () => {
    const alone = await stepsPerSecond();
    const both = await Promise.all([stepsPerSecond(), stepsPerSecond()]);
    return (both[0] + both[1]) / alone;
  };
}

function pythonOf(tool, environments) {
  for (const name of readdirSync(environments)) {
    const path = join(environments, name);
    try {
      if (JSON.parse(readFileSync(join(path, 'ready.json'), 'utf8')).tool === tool) return join(path, 'bin', 'python');
    } catch {
      // Something else, or one that is not finished.
    }
  }
  throw new Error(`no environment of ${tool} in ${environments}`);
}
