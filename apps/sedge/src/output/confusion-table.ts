import { bold, dim } from './terminal.js';

/** A confusion matrix, a row for each true class: counts, the diagonal in bold, zeros as dots. */
export function confusionTable(classes: readonly string[], confusion: readonly (readonly number[])[]): string {
  const nameWidth = Math.max(...classes.map((name) => name.length), 4);
  const digits = String(Math.max(0, ...confusion.flat())).length;
  const width = 1 + Math.max(3, digits, Math.min(nameWidth, roomFor(classes.length)));
  const heads = classes.map((name) => name.slice(0, width - 1).padStart(width)).join('');
  const rows = classes.map((name, row) => {
    const cells = classes.map((_, column) => cell(confusion[row]?.[column] ?? 0, row === column, width)).join('');
    return `${name.padStart(nameWidth)} ${cells}`;
  });
  return [`${' '.repeat(nameWidth)} ${dim(heads)}`, ...rows].join('\n');
}

/** Letters of a column's head: whole names where the matrix is small, three letters where it would outgrow the screen. */
function roomFor(columns: number): number {
  return Math.max(3, Math.floor(90 / columns) - 1);
}

function cell(count: number, isRight: boolean, width: number): string {
  const text = (count === 0 ? '·' : String(count)).padStart(width);
  return isRight ? bold(text) : count === 0 ? dim(text) : text;
}
