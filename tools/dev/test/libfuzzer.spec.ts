import { describe, expect, it } from 'vitest';
import { keptInput, runLibFuzzer, stateOf } from './libfuzzer.mjs';

const STATES = [
  '#2\tINITED cov: 3 ft: 4 corp: 1/1b exec/s: 0 rss: 29Mb',
  '#524288\tpulse  cov: 812 ft: 1933 corp: 90/2301b',
];
const FAULT = [
  '==7==ERROR: AddressSanitizer: heap-buffer-overflow',
  "artifact_prefix='a-'; Test unit written to a-crash-0b5e",
];

/** A program that prints lines as libFuzzer does, and ends with an exit code. */
const printing = (lines: string[], status: number): [string, string[]] => [
  process.execPath,
  ['-e', `process.stderr.write(${JSON.stringify(lines.join('\n'))}); process.exitCode = ${status}`],
];

describe('what libFuzzer prints', () => {
  it('tells runs and coverage in its state lines alone', () => {
    expect(STATES.map(stateOf)).toEqual([
      { runs: 2, coverage: 3 },
      { runs: 524288, coverage: 812 },
    ]);
    expect(stateOf('    #1 0x55d in LLVMFuzzerTestOneInput fuzzer.cpp:8')).toBeNull();
    expect(stateOf('#0\tREAD units: 12')).toBeNull();
  });

  it('names the input that it kept', () => {
    expect(FAULT.map(keptInput)).toEqual([null, 'a-crash-0b5e']);
  });
});

describe('runLibFuzzer', () => {
  it('passes on each state, and gives null where nothing was found', async () => {
    const states: unknown[] = [];
    expect(await runLibFuzzer(...printing(STATES, 0), (state: unknown) => states.push(state))).toBeNull();
    expect(states).toEqual(STATES.map(stateOf));
  });

  it('gives the input of a finding, and what was printed of it', async () => {
    const finding = await runLibFuzzer(...printing([...STATES, ...FAULT], 77), () => undefined);
    expect(finding).toEqual({ input: 'a-crash-0b5e', report: FAULT.join('\n') });
  });

  it('takes a program that cannot be started for a failure', async () => {
    const finding = await runLibFuzzer('/nowhere/fuzz_target', [], () => undefined);
    expect(finding?.input).toBeNull();
    expect(finding?.report).toContain('/nowhere/fuzz_target');
  });
});
