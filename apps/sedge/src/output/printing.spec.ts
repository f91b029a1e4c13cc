import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { onOneLine, printJson, printable, styled, widthOf } from './printing.js';
import { table } from './table.js';
import { LiveLines } from './terminal.js';

const HOSTILE = '\x1b]0;pwned\x07 clear\x1b[2J\x9b31m\x7f\u202eback\u2066\r over';
const SHOWN = String.raw`\u001b]0;pwned\u0007 clear\u001b[2J\u009b31m\u007f\u202eback\u2066\r over`;

describe('what is printed', () => {
  it('shows what would steer a terminal, and keeps lines, tabs and letters of any language', () => {
    expect(printable(HOSTILE)).toBe(SHOWN);
    for (const text of ['a\tb\nc\r\nd', 'Größe ≥ 3 × 日本 שלום', '✓ 👩‍🔬']) expect(printable(text)).toBe(text);
  });

  it('has the looks that this program gives, not those that a text brings along', () => {
    expect(printable(styled(31, `bad ${HOSTILE}`))).toBe(`\x1b[31mbad ${SHOWN}\x1b[0m`);
    expect(printable('\x1b[31mred')).toBe(String.raw`\u001b[31mred`);
  });

  it('is, as JSON, the same value', () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    try {
      printJson({ [HOSTILE]: HOSTILE });
      const [[line]] = log.mock.calls as [[string]];
      expect(line).toContain(SHOWN);
      expect(JSON.parse(line)).toEqual({ [HOSTILE]: HOSTILE });
    } finally {
      log.mockRestore();
    }
  });

  it('keeps cells of a table and live lines on their lines', () => {
    expect(onOneLine('a\nb\tc')).toBe(String.raw`a\nb\tc`);
    expect(widthOf(styled(2, 'a\x1b'))).toBe('a\\u001b'.length);
    const lines = printable(
      table(
        ['name', 'x'],
        [
          ['a\nb', styled(1, 'c')],
          ['d', 'e'],
        ],
      ),
    ).split('\n');
    expect(lines).toEqual(['name  x', 'a\\nb  \x1b[1mc\x1b[0m', 'd     e']);
    const written: string[] = [];
    const output = { isTTY: true, columns: 80, write: (text: string) => written.push(text) };
    const live = new LiveLines(output as unknown as NodeJS.WriteStream);
    live.update([`one ${HOSTILE}\ntwo`]);
    live.print(HOSTILE);
    expect(written).toEqual([
      `one ${SHOWN}\\ntwo`.slice(0, 79) + '\n',
      '\x1b[1A\x1b[0J',
      `${SHOWN}\n`,
      `one ${SHOWN}\\ntwo`.slice(0, 79) + '\n',
    ]);
  });

  it('goes through one place', () => {
    const root = join(import.meta.dirname, '..');
    const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /(?<!spec)\.ts$/.test(path),
    );
    const direct = sources.flatMap((path) =>
      readFileSync(join(root, path), 'utf8')
        .split('\n')
        .filter((line) => /console\.\w+\(|std(out|err)\.write\(/.test(line) && !line.includes('printable('))
        .map((line) => `${path}: ${line.trim()}`),
    );
    // The process that does a tool's job speaks its protocol.
    expect(direct).toEqual([expect.stringContaining('conform/builtin-process.ts')]);
  });
});
