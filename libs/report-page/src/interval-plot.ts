import { horizontalAxis, linearScale, picture, round, type Frame } from './axis.js';
import { escapeText } from './markup.js';

/** A named figure with its interval. */
export interface IntervalRow {
  label: string;
  value: number;
  low: number;
  high: number;
  /** a colour's name; `one` where it doesn't matter */
  colour?: 'one' | 'two' | 'good' | 'bad';
  /** printed at the right; already formatted */
  text: string;
}

export interface IntervalPlot {
  title: string;
  rows: IntervalRow[];
  /** ends of the scale; made round */
  low: number;
  high: number;
  tick(value: number): string;
  /** a value that the others are compared with, and its label */
  reference?: { value: number; label: string };
}

const WIDTH = 880;
const ROW = 28;
const TEXTS = 170;
/** Of a letter, on average, at the size of the labels. */
const LETTER = 7.4;
const LEAST_LABELS = 110;

/** One row per figure: a dot at its value and a bar over its 95 % interval. */
export function intervalPlot({ title, rows, low, high, tick, reference }: IntervalPlot): string {
  const top = reference ? 22 : 6;
  const longest = Math.max(...rows.map((row) => row.label.length));
  const left = Math.max(LEAST_LABELS, 24 + longest * LETTER);
  const frame: Frame = { left, right: WIDTH - TEXTS, top, bottom: top + rows.length * ROW };
  const scale = linearScale(low, high, frame.left, frame.right);
  const marks = rows.map((row, index) => {
    const y = frame.top + index * ROW + ROW / 2;
    const colour = `var(--${row.colour ?? 'one'})`;
    const [from, at, to] = [scale.place(row.low), scale.place(row.value), scale.place(row.high)].map(round);
    return (
      `<text class="strong" x="${frame.left - 12}" y="${y + 4}" text-anchor="end">${escapeText(row.label)}</text>` +
      `<path d="M${from} ${y}H${to}" stroke="${colour}" stroke-width="7" stroke-linecap="round" opacity=".28"/>` +
      `<circle cx="${at}" cy="${y}" r="5" fill="${colour}"/>` +
      `<text x="${frame.right + 14}" y="${y + 4}">${escapeText(row.text)}</text>`
    );
  });
  const line = reference ? referenceLine(scale.place(reference.value), frame, reference.label) : '';
  return picture(WIDTH, frame.bottom + 26, title, horizontalAxis(scale, frame, tick) + line + marks.join(''));
}

function referenceLine(x: number, frame: Frame, label: string): string {
  return (
    `<path d="M${round(x)} ${frame.top}V${frame.bottom}" stroke="var(--soft)" stroke-dasharray="4 3"/>` +
    `<text x="${round(x)}" y="${frame.top - 7}" text-anchor="middle">${escapeText(label)}</text>`
  );
}
