// `npm test`: installs what is missing, runs every suite that needs no long set-up, and ends with `N passed, N failed, N skipped`.
// usage: npm test [-- <suite> …]      with CI=1 a skipped suite or test is a failure
import { resolve } from 'node:path';
import { SetupError, setUp } from './setup/steps.mjs';

process.chdir(resolve(import.meta.dirname, '..', '..'));
const isCi = ['1', 'true'].includes(process.env.CI ?? '');
const wanted = process.argv.slice(2);

async function runSuite(suite) {
  console.log(`\n── ${suite.name}: ${suite.what}`);
  const missing = suite.missing?.() ?? null;
  if (missing) {
    console.log(`skipped: ${missing}`);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  try {
    return await suite.run();
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

function printSummary(results) {
  console.log('');
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { suite, counts, tookMs } of results) {
    console.log(
      `${suite.name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${(tookMs / 1000).toFixed(0)} s`,
    );
    for (const key of Object.keys(total)) total[key] += counts[key];
  }
  if (isCi && total.skipped > 0) console.log('CI is set, so a skip counts as a failure');
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total;
}

try {
  console.log('Setting up');
  await setUp([]);
  const { suites } = await import('./test/suites.mjs');
  const unknown = wanted.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length > 0)
    throw new SetupError(`no suite ${unknown.join(', ')}; there are ${suites.map((suite) => suite.name).join(', ')}`);
  const results = [];
  for (const suite of suites.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    const started = Date.now();
    const counts = await runSuite(suite);
    results.push({ suite, counts, tookMs: Date.now() - started });
  }
  const total = printSummary(results);
  process.exit(total.failed > 0 || (isCi && total.skipped > 0) ? 1 : 0);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`\n${error.message}`);
  process.exit(1);
}
