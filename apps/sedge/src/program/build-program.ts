import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { makeFolder } from './named-place.js';

/** Where a program lies in the folder of an application: built before, or already there. */
export function findProgram(folder: string): string | null {
  return [join(folder, 'app'), join(folder, 'build', 'app')].find((path) => existsSync(path)) ?? null;
}

/** @throws CommandError CLI_NOT_AN_APPLICATION */
export function assertApplication(folder: string): void {
  if (existsSync(join(folder, 'CMakeLists.txt'))) return;
  const mend = 'name the folder of a generated application (with CMakeLists.txt), or an application id';
  throw new CommandError('CLI_NOT_AN_APPLICATION', `${folder} holds no application`, EXIT.usage, mend);
}

/**
 * Builds the program of an application's folder with CMake, into `build/app`. It is built aside and appears when it is whole, so that two
 * commands at once, or an interrupted one, do no harm.
 *
 * @returns the path of the executable
 * @throws CommandError CLI_BUILD_FAILED with the compiler's words
 */
export async function buildProgram(folder: string, signal: AbortSignal): Promise<string> {
  const aside = join(folder, `.build-${process.pid}`);
  const program = join(folder, 'build', 'app');
  try {
    await runQuietly('cmake', ['-S', folder, '-B', aside, '-DCMAKE_BUILD_TYPE=Release'], signal);
    await runQuietly('cmake', ['--build', aside, '--parallel', String(availableParallelism())], signal);
    if (!existsSync(join(aside, 'app'))) {
      throw new CommandError('CLI_BUILD_FAILED', `${folder} gives no app when it is built`);
    }
    await makeFolder(join(folder, 'build'));
    await rename(join(aside, 'app'), program);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return program;
}

function runQuietly(command: string, args: string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
    child.on('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? missing(command) : error));
    // Without a process there may be no output to listen to either.
    if (child.pid === undefined) return;
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-8000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new CommandError('CLI_BUILD_FAILED', `${command} ${args.join(' ')} ended with ${code}:\n${output}`));
    });
  });
}

function missing(command: string): CommandError {
  const mend = 'see what is missing and how to get it: npx sedge doctor';
  return new CommandError('CLI_PROGRAM_MISSING', `${command} is not on this machine`, EXIT.environment, mend);
}
