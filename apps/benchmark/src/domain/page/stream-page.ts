import type { StreamPoint, StreamReport } from '@sedge/artifact-contracts';
import {
  count,
  duration,
  escapeText,
  figure,
  linearScale,
  linePlot,
  logScale,
  percent,
  renderPage,
  renderTable,
  type Section,
  tick,
  type Tile,
} from '@sedge/report-page';

/** Rates below this are drawn at it: a logarithmic axis has no zero. */
const LEAST_RATE = 0.1;

/** The page of a stream report. */
export function streamPage(report: StreamReport): string {
  const { metrics, stream } = report;
  return renderPage({
    title: report.title,
    subtitle: `${duration(metrics['hours']!)} of recordings strung together with noise between them, heard by ${escapeText(report.engine)}`,
    tiles: tilesOf(metrics),
    sections: [tradeOff(report), overThreshold(report), table(report)],
    footnotes: [
      `${Object.entries(stream)
        .map(([name, value]) => `${escapeText(name)} ${escapeText(String(value))}`)
        .join(', ')}.`,
      'A keyword counts as heard when it is reported between its start and a moment after its end. Every other report is a false accept, a wrong word included.',
      'Intervals: 95 %, exact for the Poisson distribution (false accepts), Wilson score (misses).',
    ],
  });
}

function tilesOf(metrics: Record<string, number>): Tile[] {
  const at = `at the threshold ${tick(metrics['threshold']!)}`;
  const misses = `${percent(metrics['missRateLow']!)} to ${percent(metrics['missRateHigh']!)}`;
  const accepts = `${figure(metrics['falseAcceptsPerHourLow']!)} to ${figure(metrics['falseAcceptsPerHourHigh']!)}`;
  return [
    { label: 'Keywords missed', value: percent(metrics['missRate']!), note: `${at}; 95 % interval ${misses}` },
    {
      label: 'False accepts per hour',
      value: figure(metrics['falseAcceptsPerHour']!),
      note: `${at}; 95 % interval ${accepts}`,
    },
    {
      label: 'Missed at one per hour',
      value: percent(metrics['missRateAtOnePerHour']!),
      note: 'where a false accept per hour is bearable',
    },
    { label: 'Keywords spoken', value: count(metrics['keywords']!), note: `in ${duration(metrics['hours']!)}` },
  ];
}

function tradeOff({ points }: StreamReport): Section {
  const rate = (point: StreamPoint): number => Math.max(LEAST_RATE, point.falseAcceptsPerHour);
  const inOrder = [...points].sort((a, b) => rate(a) - rate(b) || b.missRate - a.missRate);
  const highest = Math.max(10 * LEAST_RATE, ...points.map(rate));
  const plot = linePlot({
    title: 'misses over false accepts per hour',
    series: [
      {
        name: 'misses',
        colour: 'one',
        hasDots: true,
        points: inOrder.map((point) => ({
          x: rate(point),
          y: point.missRate,
          low: point.missRateLow,
          high: point.missRateHigh,
        })),
      },
    ],
    xLabel: `false accepts per hour (fewer than ${LEAST_RATE} stand at ${LEAST_RATE})`,
    yLabel: 'keywords missed',
    xTick: tick,
    yTick: (value) => percent(value, 0),
    xScale: (from, to) => logScale(LEAST_RATE, highest, from, to),
    yScale: (from, to) => linearScale(0, Math.max(0.1, ...points.map((point) => point.missRateHigh)), from, to),
  });
  const lead =
    'One dot per threshold. To the left it is quieter, further down it hears more: the nearer to the lower left corner, the better.';
  return { heading: 'What quiet costs', lead, body: plot };
}

function overThreshold({ points }: StreamReport): Section {
  const highest = Math.max(1, ...points.map((point) => point.falseAcceptsPerHourHigh));
  const x = (from: number, to: number): ReturnType<typeof linearScale> => linearScale(0, 1, from, to);
  const misses = linePlot({
    title: 'misses over the threshold',
    series: [
      {
        name: 'keywords missed',
        colour: 'one',
        points: points.map((p) => ({ x: p.threshold, y: p.missRate, low: p.missRateLow, high: p.missRateHigh })),
      },
    ],
    xLabel: 'threshold of the smoothed score',
    yLabel: 'keywords missed',
    xTick: tick,
    yTick: (value) => percent(value, 0),
    xScale: x,
    yScale: (from, to) => linearScale(0, Math.max(0.1, ...points.map((p) => p.missRateHigh)), from, to),
    height: 240,
  });
  const accepts = linePlot({
    title: 'false accepts per hour over the threshold',
    series: [
      {
        name: 'false accepts per hour',
        colour: 'two',
        points: points.map((p) => ({
          x: p.threshold,
          y: p.falseAcceptsPerHour,
          low: p.falseAcceptsPerHourLow,
          high: p.falseAcceptsPerHourHigh,
        })),
      },
    ],
    xLabel: 'threshold of the smoothed score',
    yLabel: 'false accepts per hour',
    xTick: tick,
    yTick: tick,
    xScale: x,
    yScale: (from, to) => linearScale(0, highest, from, to),
    height: 240,
  });
  const lead = 'Bands are 95 % intervals. Choose the threshold where both are bearable for the use.';
  return { heading: 'Over the threshold', lead, body: misses + accepts };
}

function table({ points }: StreamReport): Section {
  const rows = points
    .filter((_, i) => i % 4 === 0)
    .map((point) => [
      point.threshold.toFixed(3),
      figure(point.falseAcceptsPerHour),
      `${figure(point.falseAcceptsPerHourLow)} to ${figure(point.falseAcceptsPerHourHigh)}`,
      percent(point.missRate),
      `${percent(point.missRateLow)} to ${percent(point.missRateHigh)}`,
    ]);
  const head = ['threshold', 'false accepts per hour', '95 % interval', 'missed', '95 % interval'];
  return { heading: 'In figures', body: renderTable(head, rows) };
}
