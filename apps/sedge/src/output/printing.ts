import { randomBytes } from 'node:crypto';

// Everything that a command prints goes through here. Much of it was written by somebody else: names of workflows, messages of workers, logs of
// tools. What would move the cursor, name the window or turn the line around is shown as an escape in place of being obeyed.

/** Begins the sequences of this program in texts that are still to be printed; what comes from outside can't know it. */
const OWN = `\x1b${randomBytes(6).toString('hex')}`;
/** C0 but tab and the end of a line, DEL, C1, and what overrides the direction of writing (https://www.unicode.org/reports/tr9). */
const UNPRINTABLE = '[\\0-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069]|\\r(?!\\n)';
const OWN_SEQUENCE = new RegExp(`${OWN}\\[(\\d+)m`, 'g');
const OWN_OR_UNPRINTABLE = new RegExp(`${OWN}\\[(\\d+)m|${UNPRINTABLE}`, 'g');

/** A line for people on standard output. */
export function printLine(text: string): void {
  console.log(printable(text));
}

/** A line for people on standard error. */
export function printNote(text: string): void {
  console.error(printable(text));
}

/** A value for machines on standard output, one line of JSON. */
export function printJson(value: unknown): void {
  console.log(printable(JSON.stringify(value)));
}

/** Gives a text a look on the terminal. @param code of SGR, e.g. 1 for bold (ECMA-48, 8.3.117) */
export function styled(code: number, text: string): string {
  return `${OWN}[${code}m${text}${OWN}[0m`;
}

/**
 * A text as it may go to a terminal: lines and tabs stay, and so does what `styled` made. Of JSON it makes JSON of the same value.
 * @example printable('a\x1b[2Jb') === 'a\\u001b[2Jb'
 */
export function printable(text: string): string {
  return text.replace(OWN_OR_UNPRINTABLE, (found, code?: string) => (code ? `\x1b[${code}m` : escaped(found)));
}

/** A text that has to stay on its line, such as a cell of a table. */
export function onOneLine(text: string): string {
  return text.replace(/[\t\n\r]/g, escaped);
}

/** The columns that a text takes before it is printed. */
export function widthOf(text: string): number {
  return printable(text.replace(OWN_SEQUENCE, '')).length;
}

function escaped(character: string): string {
  const short = JSON.stringify(character).slice(1, -1);
  return short === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : short;
}
