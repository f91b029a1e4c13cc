// Runs test programs that write a JUnit file, and counts what it says.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';

const RESULTS = join('.cache', 'test-results');

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

/**
 * Runs a command whose result is a JUnit file. A run that dies before it wrote one, or that ends badly though no test failed, is a failure.
 * @param args gives the command's arguments for the path of the file
 */
export function runJunit(name, command, args, env = {}) {
  mkdirSync(RESULTS, { recursive: true });
  const file = resolve(RESULTS, `${name}.xml`);
  rmSync(file, { force: true });
  const { status, signal, error } = spawnSync(command, args(file), {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  const counts = existsSync(file) ? countJunit(readFileSync(file, 'utf8')) : { passed: 0, failed: 1, skipped: 0 };
  if (status === 0 || counts.failed > 0) return counts;
  console.error(`${command} ended with ${error?.message ?? signal ?? status}, though no test is said to have failed`);
  return { ...counts, failed: 1 };
}
