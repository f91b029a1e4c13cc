// Runs test suites one after the other, counts their tests, and ends with `N passed, N failed, N skipped`.
import { InterruptedError, SetupError, setUp } from '../setup/steps.mjs';

/**
 * Sets up, runs the suites that are named on the command line (all by default), and ends the process: 0 when all is well. With CI=1
 * a skipped suite or test is a failure.
 */
export async function runSuites(suites, wanted) {
  try {
    const unknown = wanted.filter((name) => !suites.some((suite) => suite.name === name));
    if (unknown.length > 0)
      throw new SetupError(`no suite ${unknown.join(', ')}; there are ${suites.map((suite) => suite.name).join(', ')}`);
    console.log('Setting up');
    await setUp([]);
    const results = [];
    for (const suite of suites.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
      const started = Date.now();
      results.push({ suite, counts: await runSuite(suite), tookMs: Date.now() - started });
    }
    process.exit(verdict(results, ['1', 'true'].includes(process.env.CI ?? '')));
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`\n${error.message}`);
    // Nothing ran, and whoever reads the last line learns so.
    console.log('0 passed, 1 failed, 0 skipped');
    process.exit(error.exitCode);
  }
}

export async function runSuite(suite) {
  console.log(`\n── ${suite.name}: ${suite.what}`);
  const missing = suite.missing?.() ?? null;
  if (missing) {
    console.log(`skipped: ${missing}`);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  try {
    const counts = await suite.run();
    const isEmpty = counts.passed + counts.failed + counts.skipped === 0;
    if (isEmpty) console.error(`${suite.name}: not one test was found, which is a failure of the suite`);
    return isEmpty ? { ...counts, failed: 1 } : counts;
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    console.error(error instanceof SetupError ? error.message : error);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

/** Prints the counts per suite and their sum as the last line. @returns the exit code */
export function verdict(results, isCi) {
  console.log('');
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { suite, counts, tookMs } of results) {
    console.log(`${suite.name}: ${sentence(counts)} in ${(tookMs / 1000).toFixed(0)} s`);
    for (const key of Object.keys(total)) total[key] += counts[key];
  }
  if (isCi && total.skipped > 0) console.log('CI is set, so a skip counts as a failure');
  console.log(sentence(total));
  return total.failed > 0 || (isCi && total.skipped > 0) ? 1 : 0;
}

const sentence = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed, ${skipped} skipped`;
