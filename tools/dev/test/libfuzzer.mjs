// Runs a program that libFuzzer drives to its end, and reads what it prints.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { InterruptedError, onInterrupt } from '../setup/steps.mjs';

/** As many lines as the report of an address fault has: the stacks, and the memory around it. */
const REPORT_LINES = 100;

/** What a line such as `#4096	NEW    cov: 812 ft: 1933 corp: 90/2301b` says; null of other lines. */
export function stateOf(line) {
  const [, runs, coverage] = /^#(\d+)\s.*\bcov: (\d+)/.exec(line) ?? [];
  return runs === undefined ? null : { runs: Number(runs), coverage: Number(coverage) };
}

/** The file in which libFuzzer kept an input; null where the line names none. */
export const keptInput = (line) => /\bTest unit written to (.+)$/.exec(line)?.[1] ?? null;

/**
 * @param onState hears, now and then, how many inputs were run and how many edges of the program they reached
 * @returns null where nothing was found; else the file of the input that did it (null where none was kept) and what was printed of it
 */
export function runLibFuzzer(program, args, onState) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let isStopped = false;
    const release = onInterrupt(() => {
      isStopped = true;
      child.kill('SIGTERM');
    });
    const report = [];
    let input = null;
    createInterface({ input: child.stderr }).on('line', (line) => {
      const state = stateOf(line);
      if (state) return onState(state);
      input = keptInput(line) ?? input;
      report.push(line);
      if (report.length > REPORT_LINES) report.shift();
    });
    child.on('error', (error) => report.push(error.message));
    child.on('close', (status) => {
      release();
      if (isStopped) reject(new InterruptedError());
      else resolve(status === 0 ? null : { input, report: report.join('\n') });
    });
  });
}
