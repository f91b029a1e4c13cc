// Builds the C++ tests of LNE and runs them by ctest.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../setup/steps.mjs';
import { runJunit } from './junit.mjs';

const HEADERS = ['/usr/include', '/usr/local/include', '/opt/homebrew/include'];

/** How to get GoogleTest, or null where it is there. */
export const missingGoogleTest = () =>
  HEADERS.some((folder) => existsSync(join(folder, 'gtest', 'gtest.h')))
    ? null
    : 'GoogleTest missing, get it by apt-get install libgtest-dev · dnf install gtest-devel · brew install googletest';

/**
 * @param options further options of CMake; with any, the build has a folder of its own, else it is that of the lne command, so nothing is
 * compiled twice
 */
export async function runCppTests(name, options = []) {
  const build = options.length === 0 ? join('lne', 'build') : join('lne', 'build', name);
  await runCommand('configuring the C++ tests', 'cmake', [
    '-S',
    'lne',
    '-B',
    build,
    '-DCMAKE_BUILD_TYPE=Release',
    '-DLNE_TESTS=ON',
    ...options,
  ]);
  await runCommand('building the C++ tests', 'cmake', ['--build', build, '-j', String(availableParallelism())]);
  return runJunit(name, 'ctest', (file) => ['--test-dir', build, '--output-on-failure', '--output-junit', file]);
}
