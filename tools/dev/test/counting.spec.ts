import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { countJunit } from './junit.mjs';
import { runSuite, verdict } from './run-suites.mjs';

describe('countJunit', () => {
  it('reads what vitest writes', () => {
    const text = `<testsuites name="vitest tests" tests="5" failures="1" errors="0" time="1">
      <testsuite name="a.spec.ts" tests="3" failures="1" errors="0" skipped="1" time="1"></testsuite>
      <testsuite name="b.spec.ts" tests="2" failures="0" errors="0" skipped="0" time="1"></testsuite></testsuites>`;
    expect(countJunit(text)).toEqual({ passed: 3, failed: 1, skipped: 1 });
  });

  it('reads what pytest writes', () => {
    const text = `<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="2" tests="9" time="3">`;
    expect(countJunit(text)).toEqual({ passed: 5, failed: 2, skipped: 2 });
  });

  it('reads what ctest writes', () => {
    const text = `<testsuite name="Linux-c++"\n tests="15"\n failures="0"\n disabled="1"\n skipped="0"\n hostname="" time="0">`;
    expect(countJunit(text)).toEqual({ passed: 14, failed: 0, skipped: 1 });
  });
});

describe('the verdict over suites', () => {
  let printed: string[];
  const result = (name: string, passed: number, failed: number, skipped: number): object => ({
    suite: { name },
    counts: { passed, failed, skipped },
    tookMs: 1000,
  });

  beforeEach(() => {
    printed = [];
    vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
    vi.spyOn(console, 'error').mockImplementation((line: string) => void printed.push(line));
  });

  afterEach(() => vi.restoreAllMocks());

  it('ends with the sum of the counts', () => {
    expect(verdict([result('a', 3, 0, 0), result('b', 4, 0, 1)], false)).toBe(0);
    expect(printed.at(-1)).toBe('7 passed, 0 failed, 1 skipped');
  });

  it('is bad where a test failed, and in CI where one was skipped', () => {
    expect(verdict([result('a', 3, 1, 0)], false)).toBe(1);
    expect(verdict([result('a', 3, 0, 1)], true)).toBe(1);
    expect(verdict([result('a', 3, 0, 0)], true)).toBe(0);
  });

  it('counts a suite whose program is missing as skipped and says how to get it', async () => {
    const suite = {
      name: 'x',
      what: 'x',
      run: () => Promise.reject(new Error('ran')),
      missing: () => 'x missing, get it by y',
    };
    expect(await runSuite(suite)).toEqual({ passed: 0, failed: 0, skipped: 1 });
    expect(printed).toContain('skipped: x missing, get it by y');
  });

  it('counts a suite that throws, and one that finds no test, as failed', async () => {
    const thrower = { name: 'x', what: 'x', run: () => Promise.reject(new Error('broken')) };
    expect(await runSuite(thrower)).toEqual({ passed: 0, failed: 1, skipped: 0 });
    const empty = { name: 'x', what: 'x', run: () => Promise.resolve({ passed: 0, failed: 0, skipped: 0 }) };
    expect((await runSuite(empty)).failed).toBe(1);
  });
});
