// The test suites of `npm test`: what each needs, how it is run, and how its result is counted.
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { prepareServers } from '../setup/servers.mjs';
import { runJunit } from './junit.mjs';
import { missingGoogleTest, runCppTests } from './cpp-tests.mjs';
import { TRAINING_TOOL, referencePython, trainingPython } from './python.mjs';

/** Suites in the order in which they are run: cheap ones that fail often come first. */
export const suites = [
  { name: 'check', what: 'format, lint, types, tidy', run: () => runChecks(['format', 'lint', 'types', 'tidy']) },
  { name: 'native', what: 'C++ unit tests of LNE', run: () => runCppTests('native'), missing: missingGoogleTest },
  {
    name: 'typescript',
    what: 'services, libraries, workflows',
    run: async () => {
      for (const sentence of await prepareServers()) console.log(sentence);
      return runVitest('typescript', [], await referencePython());
    },
  },
  {
    name: 'reference',
    what: 'LNE and its audio front end against ONNX Runtime, librosa and OpenCV',
    run: async () => runReference('reference', await referencePython()),
  },
  {
    name: 'training',
    what: 'the PyTorch training tool in its own environment',
    run: async () => runPytest('training', await trainingPython(), TRAINING_TOOL),
  },
];

/** Each check of `npm run check` counts as one test. */
function runChecks(names) {
  const failed = names.filter(
    (name) => spawnSync(process.execPath, ['tools/dev/check.mjs', name], { stdio: 'inherit' }).status !== 0,
  ).length;
  return { passed: names.length - failed, failed, skipped: 0 };
}

export function runVitest(name, args, python, env = {}) {
  const command = (file) => [
    'node_modules/vitest/vitest.mjs',
    'run',
    // Much of a test's time is spent waiting for processes, so one worker per core and none left for the system.
    `--maxWorkers=${availableParallelism()}`,
    ...args,
    '--reporter=default',
    '--reporter=junit',
    `--outputFile.junit=${file}`,
  ];
  return runJunit(name, process.execPath, command, { ...env, SEDGE_REFERENCE_PYTHON: python });
}

/** The engine's tests against other implementations, a process per core. */
export function runReference(name, python, env = {}) {
  return runPytest(name, python, 'lne/reference', {
    args: ['-n', String(availableParallelism()), '--dist', 'worksteal'],
    env,
  });
}

export function runPytest(name, python, folder, { args = [], env = {} } = {}) {
  const command = (file) => ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', ...args, folder, '--junitxml', file];
  return runJunit(name, python, command, { ...env, PYTHONDONTWRITEBYTECODE: '1' });
}
