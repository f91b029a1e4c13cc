import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { missingLibrary, progressOf, readCompiler, readSelfTest, type SelfTest } from '../../domain/build-output.js';
import { refusal } from '../refusal.js';
import { runCommand, type CommandResult } from './command.js';

export interface Build {
  /** folder of the application's sources */
  source: string;
  /** folder that is built in; made when it is not there */
  folder: string;
  threads: number;
  signal: AbortSignal;
  onProgress: (done: number, total: number, unit: string) => void;
}

/**
 * Builds an application with CMake.
 * @throws ToolError BUILD_CMAKE_MISSING, BUILD_COMPILER_MISSING, BUILD_LIBRARY_MISSING, BUILD_FAILED
 */
export async function buildProgram({ source, folder, threads, signal, onProgress }: Build): Promise<void> {
  const configured = await cmake(['-S', source, '-B', folder, '-DCMAKE_BUILD_TYPE=Release'], { signal });
  if (configured.code !== 0) throw refusalOf(configured);
  const onLine = (line: string): void => {
    const progress = progressOf(line);
    if (progress) onProgress(progress.done, progress.total, progress.unit);
  };
  const built = await cmake(['--build', folder, '--parallel', String(threads)], { signal, onLine });
  if (built.code !== 0) throw refusalOf(built);
}

async function cmake(
  args: string[],
  options: { signal: AbortSignal; onLine?: (line: string) => void },
): Promise<CommandResult> {
  try {
    return await runCommand('cmake', args, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw refusal('BUILD_CMAKE_MISSING', 'there is no cmake on the PATH; install it, e.g. apt-get install cmake');
  }
}

function refusalOf({ code, signal, output }: CommandResult): Error {
  if (/No CMAKE_CXX_COMPILER could be found|CMAKE_CXX_COMPILER not set|is not able to compile/.test(output)) {
    return refusal(
      'BUILD_COMPILER_MISSING',
      `CMake finds no working C++ compiler; install one, e.g. apt-get install g++\n${output}`,
    );
  }
  if (/CMAKE_MAKE_PROGRAM is not set|unable to find a build program/.test(output)) {
    return refusal(
      'BUILD_COMPILER_MISSING',
      `CMake finds no build program; install one, e.g. apt-get install make\n${output}`,
    );
  }
  const missing = missingLibrary(output);
  if (missing) return refusal('BUILD_LIBRARY_MISSING', missing);
  return refusal('BUILD_FAILED', `the build ended with ${code ?? signal}:\n${output}`);
}

/** Which compiler CMake took. */
export async function compilerOf(folder: string): Promise<{ name: string; version: string }> {
  const files = join(folder, 'CMakeFiles');
  for (const name of await readdir(files)) {
    const text = await readFile(join(files, name, 'CMakeCXXCompiler.cmake'), 'utf8').catch(() => null);
    if (text !== null) return readCompiler(text);
  }
  return { name: 'unknown', version: 'unknown' };
}

/** Lets a program compute its golden vectors. @throws ToolError BUILD_SELF_TEST_FAILED, BUILD_TARGET_FOREIGN */
export async function selfTest(program: string, target: string, signal: AbortSignal): Promise<SelfTest> {
  const { code, signal: ended, output } = await runCommand(program, ['--self-test'], { signal });
  if (ended === 'SIGILL') {
    throw refusal(
      'BUILD_TARGET_FOREIGN',
      `the program for ${target} uses instructions that this processor does not have; deploy with target: native`,
    );
  }
  const verdict = readSelfTest(output);
  if (code !== 0 || !verdict?.passed) {
    throw refusal('BUILD_SELF_TEST_FAILED', `app --self-test ended with ${code ?? ended}:\n${output}`);
  }
  return verdict;
}
