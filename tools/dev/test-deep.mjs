// `npm run test:deep`: the suites that take long. Ends with `N passed, N failed, N skipped` as `npm test` does.
// usage: npm run test:deep [-- <suite> …]
import { resolve } from 'node:path';
import { deepSuites } from './test/deep-suites.mjs';
import { runSuites } from './test/run-suites.mjs';

process.chdir(resolve(import.meta.dirname, '..', '..'));
await runSuites(deepSuites, process.argv.slice(2));
