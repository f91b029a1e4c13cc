import { dim, green, red, yellow } from '../output/terminal.js';
import { duration } from '../output/units.js';
import { isUnplayed, type Verdict } from './verdict.js';

const MARKS = { passed: green('✓'), failed: red('✗'), skipped: yellow('–') };

/**
 * A check for people: what was found; and where that is wrong, what was played, what was expected and how to mend it.
 * @returns null for one that was not played because another failed
 */
export function verdictText(verdict: Verdict): string | null {
  if (isUnplayed(verdict)) return null;
  const { check, state, found, played, expected, durationMs } = verdict;
  const name = check.padEnd(NAME_WIDTH);
  if (state !== 'failed') {
    const words = state === 'skipped' ? `not judged: ${found}` : found;
    return `${MARKS[state]} ${name}  ${words} ${dim(`(${duration(durationMs)})`)}`;
  }
  const indent = ' '.repeat(NAME_WIDTH + 4);
  return [
    `${MARKS.failed} ${name}  ${red(found)} ${dim(`(${duration(durationMs)})`)}`,
    `${indent}played    ${played}`,
    `${indent}expected  ${expected}`,
    `${indent}mend      ${verdict.mend}`,
  ].join('\n');
}

const NAME_WIDTH = 17;

/** The last line: how many of which. */
export function summaryText(name: string, verdicts: readonly Verdict[]): string {
  const count = (state: Verdict['state']): number => verdicts.filter((verdict) => verdict.state === state).length;
  const counts = [`${count('passed')} passed`, `${count('failed')} failed`, `${count('skipped')} not judged`].join(
    ', ',
  );
  return count('failed') === 0 ? green(`${name} conforms: ${counts}`) : red(`${name} does not conform: ${counts}`);
}
