import { onOneLine, printable, styled } from './printing.js';

const isColour = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;

const paint =
  (code: number) =>
  (text: string): string =>
    isColour ? styled(code, text) : text;

export const green = paint(32);
export const red = paint(31);
export const yellow = paint(33);
export const dim = paint(2);
export const bold = paint(1);

/** Lines at the bottom of the terminal that are drawn anew, above which finished lines scroll by. Plain lines where there is no terminal. */
export class LiveLines {
  private drawn = 0;
  private lines: string[] = [];

  constructor(private readonly output: NodeJS.WriteStream = process.stdout) {}

  /** Prints a line that stays. */
  print(line: string): void {
    this.erase();
    this.output.write(`${printable(line)}\n`);
    this.draw();
  }

  /** Replaces the live lines. */
  update(lines: string[]): void {
    if (!this.output.isTTY) return;
    this.erase();
    this.lines = lines;
    this.draw();
  }

  /** Removes the live lines. */
  end(): void {
    this.erase();
    this.lines = [];
  }

  private erase(): void {
    if (this.drawn > 0) this.output.write(`\x1b[${this.drawn}A\x1b[0J`);
    this.drawn = 0;
  }

  private draw(): void {
    if (!this.output.isTTY || this.lines.length === 0) return;
    // Some terminals say that they have no columns at all.
    const width = (this.output.columns || 100) - 1;
    const fitted = this.lines.map((line) => fit(printable(onOneLine(line)), width));
    this.output.write(`${fitted.join('\n')}\n`);
    this.drawn = fitted.length;
  }
}

/** Cuts a line to a width on the screen, where escape sequences take no room. */
export function fit(line: string, width: number): string {
  let room = width;

  const parts = line.split(/(\x1b\[\d+m)/).map((part, index) => {
    if (index % 2 === 1) return part;
    const shown = part.slice(0, Math.max(0, room));
    room -= shown.length;
    return shown;
  });
  return parts.join('');
}

/** `[██████░░░░] 62 %`. */
export function bar(done: number, total: number, width = 24): string {
  const share = total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
  const full = Math.round(share * width);
  return `[${'█'.repeat(full)}${'░'.repeat(width - full)}] ${String(Math.round(share * 100)).padStart(3)} %`;
}
