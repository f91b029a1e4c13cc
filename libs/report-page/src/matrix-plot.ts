import { picture } from './axis.js';
import { escapeText } from './markup.js';

const WIDTH = 880;
const LABELS = 110;
const HEAD = 84;
const MAX_CELL = 62;

/** A confusion matrix: rows are what was said, columns what was heard; the darker, the larger the share of the row. */
export function matrixPlot(classes: readonly string[], matrix: readonly number[][]): string {
  const cell = Math.min(MAX_CELL, (WIDTH - LABELS - 20) / classes.length);
  const height = Math.min(cell, 40);
  const left = LABELS + Math.max(0, (WIDTH - LABELS - cell * classes.length) / 2 - 30);
  const heads = classes.map((name, i) => {
    const x = left + (i + 0.5) * cell;
    return `<text class="strong" x="${x}" y="${HEAD - 10}" transform="rotate(-40 ${x} ${HEAD - 10})">${escapeText(name)}</text>`;
  });
  const rows = matrix.map((row, i) => {
    const total = row.reduce((sum, value) => sum + value, 0);
    const y = HEAD + i * height;
    const label = `<text class="strong" x="${left - 12}" y="${y + height / 2 + 4}" text-anchor="end">${escapeText(classes[i]!)}</text>`;
    return (
      label +
      row.map((value, j) => cellOf(left + j * cell, y, cell, height, { value, total, isRight: i === j })).join('')
    );
  });
  return picture(WIDTH, HEAD + classes.length * height + 6, 'confusion matrix', heads.join('') + rows.join(''));
}

/** The lightest mistakes must be seen too, so that the shade starts well above nothing. */
function cellOf(
  x: number,
  y: number,
  width: number,
  height: number,
  { value, total, isRight }: { value: number; total: number; isRight: boolean },
): string {
  const share = total === 0 ? 0 : value / total;
  const colour = isRight ? 'rgb(var(--heat))' : 'var(--two)';
  const opacity = value === 0 ? 0 : 0.12 + 0.88 * share ** 0.7;
  const box = `<rect x="${(x + 1).toFixed(1)}" y="${(y + 1).toFixed(1)}" width="${(width - 2).toFixed(1)}" height="${(height - 2).toFixed(1)}" rx="4"`;
  const ground = `${box} fill="none" stroke="var(--faint)"/>`;
  if (value === 0) return ground;
  const name = opacity > 0.6 ? 'inverse' : 'strong';
  const text = `<text class="${name}" x="${(x + width / 2).toFixed(1)}" y="${(y + height / 2 + 4).toFixed(1)}" text-anchor="middle">${value}</text>`;
  return `${box} fill="${colour}" opacity="${opacity.toFixed(3)}"/>${text}`;
}
