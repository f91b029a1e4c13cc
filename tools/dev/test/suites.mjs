// The test suites of `npm test`: what each needs, how it is run, and how its result is counted.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { runCommand } from '../setup/steps.mjs';

const RESULTS = join('.cache', 'test-results');
const hasProgram = (name, args = ['--version']) => spawnSync(name, args, { stdio: 'ignore' }).status === 0;

/** Counts of a JUnit file, summed over its suites (`<testsuite tests= failures= errors= skipped=>`). */
export function countJunit(text) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [tag] of text.matchAll(/<testsuite\s[^>]*>/g)) {
    const number = (name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(tag)?.[1] ?? 0);
    const failed = number('failures') + number('errors');
    const skipped = number('skipped') + number('disabled');
    counts.failed += failed;
    counts.skipped += skipped;
    counts.passed += number('tests') - failed - skipped;
  }
  return counts;
}

/** A virtual environment with the independent references (librosa, ONNX Runtime, h5py …), named by the digest of its lock. */
async function referenceEnvironment() {
  const lock = join('tools', 'dev', 'reference-env', 'requirements.txt');
  const digest = createHash('sha256').update(readFileSync(lock)).digest('hex').slice(0, 16);
  const folder = join('.cache', 'reference-env', digest);
  if (existsSync(join(folder, 'ready'))) return folder;
  rmSync(folder, { recursive: true, force: true });
  const python = process.env.SEDGE_PYTHON ?? 'python3';
  await runCommand('reference environment', python, ['-m', 'venv', folder]);
  await runCommand('reference environment', join(folder, 'bin', 'pip'), [
    'install',
    '--progress-bar',
    'off',
    '-r',
    lock,
  ]);
  mkdirSync(join(folder, 'ready.partial'), { recursive: true });
  renameSync(join(folder, 'ready.partial'), join(folder, 'ready'));
  return folder;
}

/** Runs a command whose result is a JUnit file; a run that dies before it wrote one is a failure. */
function runJunit(name, command, args, env = {}) {
  mkdirSync(RESULTS, { recursive: true });
  const file = join(process.cwd(), RESULTS, `${name}.xml`);
  rmSync(file, { force: true });
  const { status } = spawnSync(command, args(file), { stdio: 'inherit', env: { ...process.env, ...env } });
  const counts = existsSync(file) ? countJunit(readFileSync(file, 'utf8')) : { passed: 0, failed: 1, skipped: 0 };
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

function runCheck(name, command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, NX_DAEMON: 'false' } });
  void name;
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
}

/** Suites in the order in which they are run: cheap ones that fail often come first. */
export const suites = [
  { name: 'check', what: 'format, lint, types, tidy', run: () => runCheck('check', 'node', ['tools/dev/check.mjs']) },
  {
    name: 'native',
    what: 'C++ unit tests of LNE',
    run: async () => {
      const build = join('lne', 'build-test');
      await runCommand('C++ tests', 'cmake', [
        '-S',
        'lne',
        '-B',
        build,
        '-DCMAKE_BUILD_TYPE=Release',
        '-DLNE_TESTS=ON',
      ]);
      await runCommand('C++ tests', 'cmake', ['--build', build, '-j', '2']);
      return runJunit('native', 'ctest', (file) => [
        '--test-dir',
        build,
        '--output-on-failure',
        '--output-junit',
        file,
      ]);
    },
    missing: () =>
      existsSync('/usr/include/gtest/gtest.h') ||
      existsSync('/usr/local/include/gtest/gtest.h') ||
      existsSync('/opt/homebrew/include/gtest/gtest.h')
        ? null
        : 'GoogleTest missing, get it by apt-get install libgtest-dev · dnf install gtest-devel · brew install googletest',
  },
  {
    name: 'typescript',
    what: 'services, libraries, workflows',
    run: async () => {
      const folder = await referenceEnvironment();
      const env = { SEDGE_REFERENCE_PYTHON: join(process.cwd(), folder, 'bin', 'python') };
      return runJunit(
        'typescript',
        'npx',
        (file) => ['vitest', 'run', '--reporter=default', '--reporter=junit', `--outputFile.junit=${file}`],
        env,
      );
    },
  },
  {
    name: 'reference',
    what: 'LNE and its audio front end against ONNX Runtime, librosa and OpenCV',
    run: async () => {
      const folder = await referenceEnvironment();
      return runJunit('reference', join(folder, 'bin', 'python'), (file) => [
        '-m',
        'pytest',
        '-q',
        'lne',
        '--junitxml',
        file,
      ]);
    },
  },
  {
    name: 'training',
    what: 'the PyTorch training tool in its own environment',
    run: async () => {
      const { trainingPython } = await import('./training-python.mjs');
      const python = await trainingPython();
      return runJunit('training', python, (file) => [
        '-m',
        'pytest',
        '-q',
        join('tools', 'training', 'train-pytorch'),
        '--junitxml',
        file,
      ]);
    },
  },
];

export { hasProgram };
