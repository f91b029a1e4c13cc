import { escapeText } from './markup.js';

/** One of the few figures that a reader looks for first. */
export interface Tile {
  label: string;
  /** already escaped */
  value: string;
  /** already escaped */
  note?: string;
}

export interface Section {
  heading: string;
  /** what is to be seen, in a sentence or two; already escaped */
  lead?: string;
  /** HTML */
  body: string;
}

export interface Page {
  title: string;
  /** already escaped */
  subtitle: string;
  tiles: Tile[];
  sections: Section[];
  /** how it was measured; already escaped */
  footnotes: string[];
}

/**
 * One file that needs no other: no script, no font, no picture from elsewhere. It holds no time of its making, so that equal figures give
 * equal bytes.
 */
export function renderPage({ title, subtitle, tiles, sections, footnotes }: Page): string {
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">`,
    `<title>${escapeText(title)}</title><style>${STYLE}</style></head><body><main>`,
    `<header><h1>${escapeText(title)}</h1><p class="sub">${subtitle}</p></header>`,
    `<div class="tiles">${tiles.map(renderTile).join('')}</div>`,
    ...sections.map(renderSection),
    `<footer><h2>How this was measured</h2>${footnotes.map((note) => `<p>${note}</p>`).join('')}</footer>`,
    '</main></body></html>',
    '',
  ].join('\n');
}

function renderTile({ label, value, note }: Tile): string {
  return `<div class="tile"><div class="label">${escapeText(label)}</div><div class="value">${value}</div>${
    note === undefined ? '' : `<div class="note">${note}</div>`
  }</div>`;
}

function renderSection({ heading, lead, body }: Section): string {
  return `<section><h2>${escapeText(heading)}</h2>${lead === undefined ? '' : `<p class="lead">${lead}</p>`}${body}</section>`;
}

/** A table; cells are already escaped. Numbers stand right-aligned, the first column left. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: string): string =>
    row.map((cell, column) => `<${column === 0 ? 'th' : tag}>${cell}</${column === 0 ? 'th' : tag}>`).join('');
  const headCells = head.map((cell) => `<th>${cell}</th>`).join('');
  return `<div class="scroll"><table><thead><tr>${headCells}</tr></thead><tbody>${rows
    .map((row) => `<tr>${cells(row, 'td')}</tr>`)
    .join('')}</tbody></table></div>`;
}

/** Colours by role; plots use them by name. The two series colours are told apart by eyes of every kind of colour sight. */
const STYLE = `
:root{color-scheme:light dark;--ink:#1b2430;--soft:#5c6a7a;--faint:#dfe5eb;--ground:#fbfcfd;--card:#fff;--one:#0b6fb8;--two:#d1661a;--good:#1c7f5a;--bad:#b3362b;--heat:11,111,184}
@media (prefers-color-scheme:dark){:root{--ink:#e6ebf1;--soft:#9aa8b8;--faint:#2b3542;--ground:#12171d;--card:#1a2129;--one:#5db2f0;--two:#f0a05a;--good:#58c79a;--bad:#f08074;--heat:93,178,240}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:60rem;margin:0 auto;padding:2.5rem 1.25rem 3rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .35rem;letter-spacing:-.01em}
h2{font-size:1.15rem;margin:0 0 .35rem}
.sub,.lead,footer p{color:var(--soft);margin:0}
.lead{margin:0 0 1rem;max-width:46rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.9rem;margin:1.75rem 0}
.tile{background:var(--card);border:1px solid var(--faint);border-radius:.7rem;padding:.9rem 1.1rem}
.tile .label{color:var(--soft);font-size:.85rem}
.tile .value{font-size:1.75rem;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.tile .note{color:var(--soft);font-size:.85rem}
section{background:var(--card);border:1px solid var(--faint);border-radius:.7rem;padding:1.3rem 1.4rem 1.4rem;margin:0 0 1.1rem}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--soft);font-variant-numeric:tabular-nums}
svg text.strong{fill:var(--ink)}svg text.inverse{fill:var(--card)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.93rem}
th,td{padding:.4rem .7rem;text-align:right;border-bottom:1px solid var(--faint);font-weight:400;white-space:nowrap}
thead th{color:var(--soft);font-size:.83rem}
th:first-child{text-align:left;padding-left:0}td:last-child,th:last-child{padding-right:0}
tbody tr:last-child>*{border-bottom:0}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.3rem;margin:.8rem 0 0;color:var(--soft);font-size:.88rem}
.legend i{display:inline-block;width:.8rem;height:.8rem;border-radius:.2rem;margin-right:.45rem;vertical-align:-.08rem}
.good{color:var(--good)}.bad{color:var(--bad)}
footer{margin:2rem .2rem 0;font-size:.88rem}footer h2{font-size:1rem}footer p{margin:.35rem 0;max-width:50rem}
@media print{body{background:#fff}section,.tile{break-inside:avoid}}`.replaceAll('\n', '');
