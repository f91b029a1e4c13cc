// `npm test`: installs what is missing, runs every suite that needs no long set-up, and ends with `N passed, N failed, N skipped`.
// usage: npm test [-- <suite> …]      with CI=1 a skipped suite or test is a failure
import { resolve } from 'node:path';
import { runSuites } from './test/run-suites.mjs';
import { suites } from './test/suites.mjs';

process.chdir(resolve(import.meta.dirname, '..', '..'));
await runSuites(suites, process.argv.slice(2));
