import { horizontalAxis, picture, round, verticalAxis, type Frame, type Scale } from './axis.js';
import { escapeText } from './markup.js';

export interface LineSeries {
  name: string;
  colour: 'one' | 'two' | 'good' | 'bad' | 'soft';
  points: { x: number; y: number; low?: number; high?: number }[];
  /** dots at the points as well as the line */
  hasDots?: boolean;
}

export interface LinePlot {
  title: string;
  series: LineSeries[];
  xLabel: string;
  yLabel: string;
  xTick(value: number): string;
  yTick(value: number): string;
  xScale(from: number, to: number): Scale;
  yScale(from: number, to: number): Scale;
  height?: number;
}

const WIDTH = 880;

/** Lines over a common horizontal axis, with bands over their 95 % intervals where there are any. */
export function linePlot(plot: LinePlot): string {
  const frame: Frame = { left: 64, right: WIDTH - 16, top: 26, bottom: (plot.height ?? 320) - 46 };
  const x = plot.xScale(frame.left, frame.right);
  const y = plot.yScale(frame.bottom, frame.top);
  const axes = horizontalAxis(x, frame, plot.xTick) + verticalAxis(y, frame, plot.yTick);
  const names =
    `<text x="${frame.left - 8}" y="${frame.top - 12}">${escapeText(plot.yLabel)}</text>` +
    `<text x="${frame.right}" y="${frame.bottom + 38}" text-anchor="end">${escapeText(plot.xLabel)}</text>`;
  const lines = plot.series.map((series) => bandOf(series, x, y) + lineOf(series, x, y)).join('');
  const legend = plot.series.length > 1 ? legendOf(plot.series) : '';
  return picture(WIDTH, plot.height ?? 320, plot.title, axes + names + lines) + legend;
}

function lineOf({ colour, points, hasDots }: LineSeries, x: Scale, y: Scale): string {
  const places = points.map((point) => `${round(x.place(point.x))},${round(y.place(point.y))}`);
  const line = `<polyline fill="none" stroke="var(--${colour})" stroke-width="2.2" stroke-linejoin="round" points="${places.join(' ')}"/>`;
  if (!hasDots) return line;
  return line + places.map((place) => dotAt(place, colour)).join('');
}

function dotAt(place: string, colour: string): string {
  const [cx, cy] = place.split(',');
  return `<circle cx="${cx}" cy="${cy}" r="3.2" fill="var(--${colour})"/>`;
}

function bandOf({ colour, points }: LineSeries, x: Scale, y: Scale): string {
  if (!points.some((point) => point.low !== undefined)) return '';
  const upper = points.map((point) => `${round(x.place(point.x))},${round(y.place(point.high ?? point.y))}`);
  const lower = points.map((point) => `${round(x.place(point.x))},${round(y.place(point.low ?? point.y))}`).reverse();
  return `<polygon points="${[...upper, ...lower].join(' ')}" fill="var(--${colour})" opacity=".16"/>`;
}

function legendOf(series: readonly LineSeries[]): string {
  const items = series.map(
    ({ name, colour }) => `<span><i style="background:var(--${colour})"></i>${escapeText(name)}</span>`,
  );
  return `<div class="legend">${items.join('')}</div>`;
}
