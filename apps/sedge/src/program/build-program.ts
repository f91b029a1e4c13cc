import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

/** Where a program lies in the folder of an application: built before, or already there. */
export function findProgram(folder: string): string | null {
  return [join(folder, 'app'), join(folder, 'build', 'app')].find((path) => existsSync(path)) ?? null;
}

/**
 * Builds the program of an application's folder with CMake, unless it is there.
 *
 * @returns the path of the executable
 * @throws CommandError CLI_BUILD_FAILED with the compiler's words
 */
export async function buildProgram(folder: string, signal: AbortSignal): Promise<string> {
  const existing = findProgram(folder);
  if (existing) return existing;
  if (!existsSync(join(folder, 'CMakeLists.txt'))) {
    const mend = 'name the folder of a generated application (with CMakeLists.txt), or an application id';
    throw new CommandError('CLI_NOT_AN_APPLICATION', `${folder} holds no application`, EXIT.usage, mend);
  }
  const build = join(folder, 'build');
  await runQuietly('cmake', ['-S', folder, '-B', build, '-DCMAKE_BUILD_TYPE=Release'], signal);
  await runQuietly('cmake', ['--build', build], signal);
  const built = findProgram(folder);
  if (!built) throw new CommandError('CLI_BUILD_FAILED', `${build} holds no app after building`);
  return built;
}

function runQuietly(command: string, args: string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-8000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) =>
      reject(new CommandError('CLI_BUILD_FAILED', `${command}: ${error.message}`, EXIT.environment)),
    );
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new CommandError('CLI_BUILD_FAILED', `${command} ${args.join(' ')} ended with ${code}:\n${output}`));
    });
  });
}
