import { onOneLine, widthOf } from './printing.js';

/** Lays rows out in columns; numbers are right-aligned. */
export function table(headers: string[], rows: (string | number)[][]): string {
  const cells = rows.map((row) => row.map((cell) => onOneLine(String(cell))));
  const widths = headers.map((header, column) =>
    Math.max(header.length, ...cells.map((row) => widthOf(row[column] ?? ''))),
  );
  const isNumeric = headers.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  const line = (row: string[]): string =>
    row
      .map((cell, column) => {
        const room = ' '.repeat(Math.max(0, widths[column]! - widthOf(cell)));
        return isNumeric[column] ? room + cell : cell + room;
      })
      .join('  ')
      .trimEnd();
  return [line(headers), ...cells.map(line)].join('\n');
}
