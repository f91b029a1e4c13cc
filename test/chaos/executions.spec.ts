import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { faultsOfExecutions, type Attempt } from './executions.mjs';

const folder = mkdtempSync(join(tmpdir(), 'sedge-executions-'));
const ledger = join(folder, 'executions');
const attempt = (number: number, outcome: string, job = 'a'): Attempt => ({ job, number, outcome });
const faults = (lines: string[], attempts: Attempt[], askers = 1): string[] => {
  writeFileSync(ledger, lines.map((line) => `${line}\n`).join(''));
  return faultsOfExecutions(ledger, attempts, new Map([['a', askers]]));
};

describe('what tools noted of their executions', () => {
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is well where each attempt was executed once, and the last one was the end', () => {
    const lines = ['begin a 1', 'begin a 2', 'end a 2'];
    expect(faults(lines, [attempt(1, 'preempted'), attempt(2, 'succeeded')])).toEqual([]);
  });

  it('is well where a worker ended the tool and died before it could commit', () => {
    const lines = ['begin a 1', 'end a 1', 'begin a 2', 'end a 2'];
    expect(faults(lines, [attempt(1, 'preempted'), attempt(2, 'succeeded')])).toEqual([]);
  });

  it('shows a finished job that was executed again', () => {
    const lines = ['begin a 1', 'end a 1', 'begin a 2', 'end a 2'];
    const [fault] = faults(lines, [attempt(1, 'succeeded'), attempt(2, 'succeeded')]);
    expect(fault).toBe('the finished job a was executed again, in attempt 2');
  });

  it('shows an attempt that its stage does not know, and one that was executed twice', () => {
    expect(faults(['begin a 1', 'begin a 1'], [])).toEqual([
      'attempt 1 of a was executed, and its stage does not know of it',
      'attempt 1 of a was executed, and its stage does not know of it',
      'attempt 1 of a was executed twice',
    ]);
  });

  it('shows a refusal that came more often than runs asked and workers were lost', () => {
    const lines = ['begin a 1', 'fail a 1', 'begin a 2', 'fail a 2', 'begin a 3', 'fail a 3'];
    const attempts = [attempt(1, 'preempted'), attempt(2, 'failed'), attempt(3, 'failed')];
    expect(faults(lines, attempts, 2)).toEqual([]);
    expect(faults(lines, attempts, 1)).toEqual([
      'the job a failed for good and was executed 3 times, for 1 runs and with 1 workers lost',
    ]);
  });
});
