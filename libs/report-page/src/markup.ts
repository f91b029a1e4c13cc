/** Text as it may stand in HTML and SVG, attributes included. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** A share as per cent, e.g. `93.4 %`. */
export function percent(share: number, digits = 1): string {
  return `${(100 * share).toFixed(digits)}\u202f%`;
}

/** A count with thin spaces between thousands. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** Three significant digits, without an exponent where a reader would not want one. */
export function figure(value: number): string {
  if (value === 0) return '0';
  const size = Math.floor(Math.log10(Math.abs(value)));
  if (size >= 3) return count(value);
  return value.toFixed(Math.min(6, Math.max(0, 2 - size)));
}

/** Bytes in the unit that reads best, powers of 1000. */
export function bytes(value: number): string {
  const units = ['B', 'KB', 'MB', 'GB'];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  const scaled = value / 1000 ** step;
  return `${step === 0 ? String(value) : scaled.toFixed(scaled < 10 ? 2 : scaled < 100 ? 1 : 0)}\u202f${units[step]}`;
}

/** Milliseconds, or microseconds below one. */
export function time(ms: number): string {
  return ms < 1 ? `${figure(1000 * ms)}\u202fµs` : `${figure(ms)}\u202fms`;
}

/** A number at an axis: as short as it can be, with thin spaces between thousands. */
export function tick(value: number): string {
  const [whole = '0', fraction] = String(Number(value.toPrecision(6))).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, '\u202f');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** Hours, or minutes below one. */
export function duration(hours: number): string {
  return hours < 1 ? `${figure(60 * hours)} minutes` : `${figure(hours)} hours`;
}
