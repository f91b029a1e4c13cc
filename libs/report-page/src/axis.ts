import { escapeText } from './markup.js';

/** Where a plot's data stand in its picture, in the picture's units. */
export interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** A scale from values to places. */
export interface Scale {
  place(value: number): number;
  ticks: number[];
}

/** A linear scale whose ends are round numbers. */
export function linearScale(low: number, high: number, from: number, to: number, wanted = 5): Scale {
  const step = roundStep((high - low || 1) / wanted);
  const first = Math.floor(low / step + 1e-9) * step;
  const last = Math.max(first + step, Math.ceil(high / step - 1e-9) * step);
  const steps = Math.round((last - first) / step);
  const ticks = Array.from({ length: steps + 1 }, (_, i) => Number((first + i * step).toPrecision(12)));
  return { place: (value) => from + ((value - first) / (last - first)) * (to - from), ticks };
}

/** A logarithmic scale from a power of ten to a power of ten; smaller values stand at its lower end. */
export function logScale(low: number, high: number, from: number, to: number): Scale {
  const first = Math.floor(Math.log10(low) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(high) - 1e-9));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
  const place = (value: number): number =>
    from + ((Math.log10(Math.max(value, 10 ** first)) - first) / (last - first)) * (to - from);
  return { place, ticks };
}

/** 1, 2 or 5 times a power of ten, at least as large. */
function roundStep(atLeast: number): number {
  const power = 10 ** Math.floor(Math.log10(atLeast));
  const times = [1, 2, 5, 10].find((factor) => factor * power >= atLeast * (1 - 1e-9))!;
  return times * power;
}

export const round = (value: number): string => String(Math.round(value * 10) / 10);

/** Vertical lines at the ticks of a scale, with their labels below. */
export function horizontalAxis(scale: Scale, frame: Frame, label: (value: number) => string): string {
  return scale.ticks
    .map((tick) => {
      const x = round(scale.place(tick));
      const line = `<path d="M${x} ${frame.top}V${frame.bottom}" stroke="var(--faint)"/>`;
      return `${line}<text x="${x}" y="${frame.bottom + 18}" text-anchor="middle">${escapeText(label(tick))}</text>`;
    })
    .join('');
}

/** Horizontal lines at the ticks of a scale, with their labels at the left. */
export function verticalAxis(scale: Scale, frame: Frame, label: (value: number) => string): string {
  return scale.ticks
    .map((tick) => {
      const y = round(scale.place(tick));
      const line = `<path d="M${frame.left} ${y}H${frame.right}" stroke="var(--faint)"/>`;
      return `${line}<text x="${frame.left - 8}" y="${Number(y) + 4}" text-anchor="end">${escapeText(label(tick))}</text>`;
    })
    .join('');
}

/** A picture of a size that scales with the page. @param title what it shows, for those who hear the page */
export function picture(width: number, height: number, title: string, content: string): string {
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(title)}">${content}</svg>`;
}
