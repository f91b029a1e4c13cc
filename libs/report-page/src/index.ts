export { linearScale, logScale } from './axis.js';
export { intervalPlot } from './interval-plot.js';
export { linePlot, type LineSeries } from './line-plot.js';
export { bytes, count, duration, escapeText, figure, percent, tick, time } from './markup.js';
export { matrixPlot } from './matrix-plot.js';
export { renderPage, renderTable, type Page, type Section, type Tile } from './page.js';
