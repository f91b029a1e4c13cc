// The test suites of `npm run test:deep`: what takes too long for every change.
import { missingGoogleTest, runCppTests } from './cpp-tests.mjs';
import { referencePython } from './python.mjs';
import { runVitest } from './suites.mjs';

export const deepSuites = [
  {
    name: 'sanitizers',
    what: 'C++ unit tests of LNE under the address and undefined-behaviour sanitizers',
    run: () => runCppTests('sanitizers', ['-DLNE_SANITIZE=ON']),
    missing: missingGoogleTest,
  },
  {
    name: 'chaos',
    what: 'the example killed at random moments, and run in two folders: the same artifacts',
    run: async () => runVitest('chaos', ['--project', 'deep'], await referencePython(), { SEDGE_TEST_DEEP: '1' }),
  },
];
