// Builds the C++ tests of LNE and runs them by ctest.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { buildNative, runCommand } from '../setup/steps.mjs';
import { runJunit } from './junit.mjs';

const HEADERS = ['/usr/include', '/usr/local/include', '/opt/homebrew/include'];

/** How to get GoogleTest, or null where it is there. */
export const missingGoogleTest = () =>
  HEADERS.some((folder) => existsSync(join(folder, 'gtest', 'gtest.h')))
    ? null
    : 'GoogleTest missing, get it by apt-get install libgtest-dev · dnf install gtest-devel · brew install googletest';

/** The tests of the engine that everything else uses: nothing is compiled twice. */
export async function runCppTests(name) {
  await buildNative(['--tests']);
  return runCtest(name, join('lne', 'node', 'build', 'engine'));
}

/** Builds an engine by further options of CMake. @returns the build's folder */
export async function buildCpp(name, options, target) {
  const build = join('lne', 'build', name);
  await runCommand('configuring the engine', 'cmake', [
    '-S',
    'lne',
    '-B',
    build,
    '-DCMAKE_BUILD_TYPE=Release',
    '-DLNE_TESTS=ON',
    ...options,
  ]);
  const jobs = String(availableParallelism());
  await runCommand('building the engine', 'cmake', ['--build', build, '-j', jobs, '--target', target]);
  return build;
}

/** The tests of an engine that is compiled by further options of CMake. */
export async function runCppTestsWith(name, options) {
  return runCtest(name, await buildCpp(name, options, 'lne_tests'));
}

function runCtest(name, build) {
  return runJunit(name, 'ctest', (file) => ['--test-dir', build, '--output-on-failure', '--output-junit', file]);
}
