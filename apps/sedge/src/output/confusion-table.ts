import { bold, dim } from './terminal.js';

/** A confusion matrix, a row for each true class: counts, the diagonal in bold, zeros as dots. */
export function confusionTable(classes: readonly string[], confusion: readonly (readonly number[])[]): string {
  const nameWidth = Math.max(...classes.map((name) => name.length), 4);
  const largest = Math.max(0, ...confusion.flat());
  const width = Math.max(4, String(largest).length + 1);
  const heads = classes.map((name) => name.slice(0, width - 1).padStart(width)).join('');
  const rows = classes.map((name, row) => {
    const cells = classes.map((_, column) => cell(confusion[row]?.[column] ?? 0, row === column, width)).join('');
    return `${name.padStart(nameWidth)} ${cells}`;
  });
  return [`${' '.repeat(nameWidth)} ${dim(heads)}`, ...rows].join('\n');
}

function cell(count: number, isRight: boolean, width: number): string {
  const text = (count === 0 ? '·' : String(count)).padStart(width);
  return isRight ? bold(text) : count === 0 ? dim(text) : text;
}
