import type { ClockSample, EngineLatency, LatencyReport, RatioOfEngines } from '@sedge/artifact-contracts';
import {
  bytes,
  count,
  escapeText,
  figure,
  intervalPlot,
  linearScale,
  linePlot,
  type LineSeries,
  renderPage,
  renderTable,
  type Section,
  tick,
  type Tile,
  time,
} from '@sedge/report-page';
import { WITHOUT_CALL } from '../latency-report.js';

const COLOURS = ['one', 'two', 'good', 'bad'] as const;

/** The page of a latency report. */
export function latencyPage(report: LatencyReport): string {
  const { engines, ratios, clock, machine } = report;
  const core = machine['core'] === null ? 'not held on a core' : `core ${String(machine['core'])}`;
  return renderPage({
    title: report.title,
    subtitle: `One clip at a time on one thread of ${escapeText(String(machine['cpuModel']))}, ${core}`,
    tiles: tilesOf(report),
    sections: [
      medians(engines),
      ...(ratios.length > 0 ? [ratioSection(ratios)] : []),
      rounds(engines),
      spread(engines),
      memory(engines),
      ...(clock.some((sample) => typeof sample.clockMhz === 'number') ? [clockSection(clock)] : []),
    ],
    footnotes: footnotes(report),
  });
}

function tilesOf({ engines, ratios }: LatencyReport): Tile[] {
  const own = engines[0]!;
  const span = `95 % interval ${time(own.medianMs.low)} to ${time(own.medianMs.high)}`;
  const tiles: Tile[] = [{ label: 'Median of one run', value: time(own.medianMs.value), note: span }];
  const [first] = ratios;
  if (first) {
    const note = `${escapeText(first.peer)} takes ${ratioText(first)}`;
    tiles.push({ label: 'Faster than its peer', value: `${figure(first.ratio.value)} ×`, note });
  }
  const { arena, weights, program } = own.memoryBytes;
  if (arena !== undefined && weights !== undefined) {
    const note = `arena ${bytes(arena)}, weights ${bytes(weights)}`;
    tiles.push({ label: 'Memory of the network', value: bytes(arena + weights), note });
  }
  if (program !== undefined) tiles.push({ label: 'Program', value: bytes(program), note: 'all that is installed' });
  return tiles;
}

const ratioText = ({ ratio }: RatioOfEngines): string =>
  `${figure(ratio.value)} × as long (${figure(ratio.low)} to ${figure(ratio.high)})`;

function medians(engines: readonly EngineLatency[]): Section {
  // One unit for the whole axis, that of its longest bar.
  const isShort = Math.max(...engines.map((engine) => engine.medianMs.high)) < 1;
  const rows = engines.map((engine, i) => ({
    label: engine.engine,
    ...engine.medianMs,
    colour: i === 0 ? ('one' as const) : ('two' as const),
    text: time(engine.medianMs.value),
  }));
  const plot = intervalPlot({
    title: `median time of one run in ${isShort ? 'microseconds' : 'milliseconds'}`,
    rows,
    low: 0,
    high: Math.max(...rows.map((row) => row.high)),
    tick: (value) => (isShort ? `${tick(1000 * value)} µs` : `${tick(value)} ms`),
  });
  const lead = 'Dots are medians over all rounds; bars are 95 % intervals of the median, often narrower than the dot.';
  return { heading: 'Time of one run', lead, body: plot };
}

function ratioSection(ratios: readonly RatioOfEngines[]): Section {
  const rows = ratios.map(({ peer, ratio }) => ({ label: peer, ...ratio, text: `${figure(ratio.value)} ×` }));
  const plot = intervalPlot({
    title: 'how many times as long the peers take',
    rows,
    low: 0,
    high: Math.max(1, ...rows.map((row) => row.high)),
    tick: (value) => `${tick(value)} ×`,
    reference: { value: 1, label: 'as fast' },
  });
  const lead =
    'How many times as long the peer takes as the program: from rounds in which both ran in turn, so that a slow moment of the machine meets ' +
    'both. “Call overhead taken off” leaves out what a call from Node costs by itself, measured with a network that hands its input through.';
  return { heading: 'Beside the peers', lead, body: plot };
}

function rounds(engines: readonly EngineLatency[]): Section {
  const series = engines.map((engine, i): LineSeries => ({
    name: engine.engine,
    colour: COLOURS[i % COLOURS.length]!,
    points: engine.roundMediansMs.map((y, round) => ({ x: round + 1, y })),
    hasDots: true,
  }));
  const highest = Math.max(...engines.flatMap((engine) => engine.roundMediansMs));
  const isShort = highest < 1;
  const roundCount = Math.max(...engines.map((engine) => engine.roundMediansMs.length));
  const plot = linePlot({
    title: 'median of each round',
    series,
    xLabel: 'round',
    yLabel: isShort ? 'median of a run, µs' : 'median of a run, ms',
    xTick: tick,
    yTick: (value) => tick(isShort ? 1000 * value : value),
    xScale: (from, to) => linearScale(0, roundCount, from, to),
    yScale: (from, to) => linearScale(0, highest, from, to),
    height: 280,
  });
  const lead =
    'Level lines mean that the machine was steady. A bump in all of them is the machine, a bump in one is that engine.';
  return { heading: 'Round by round', lead, body: plot };
}

const MEMORY_NAMES: Record<string, string> = {
  peakRss: 'peak of the process',
  rssOfNodeAlone: 'Node alone',
  arena: 'arena',
  weights: 'weights',
  program: 'program file',
};

function memory(engines: readonly EngineLatency[]): Section {
  const own = engines.filter(({ engine }) => !engine.endsWith(WITHOUT_CALL));
  const names = Object.keys(MEMORY_NAMES).filter((name) => own.some((engine) => name in engine.memoryBytes));
  const rows = own.map(({ engine, memoryBytes }) => [
    escapeText(engine),
    ...names.map((name) => (memoryBytes[name] === undefined ? '–' : bytes(memoryBytes[name]))),
  ]);
  const lead =
    'The peak is what the system counts for the whole process (RSS). Node alone is that of the same process before the engine was loaded.';
  const body = renderTable(['engine', ...names.map((name) => MEMORY_NAMES[name]!)], rows);
  return { heading: 'Memory', lead, body };
}

function spread(engines: readonly EngineLatency[]): Section {
  const rows = engines.map(({ engine, runs, minMs, medianMs, p90Ms }) => [
    escapeText(engine),
    count(runs),
    ...[minMs, medianMs.value, p90Ms].map(time),
  ]);
  const body = renderTable(['engine', 'runs', 'fastest', 'median', '90 % within'], rows);
  return { heading: 'Spread of the times', body };
}

function clockSection(clock: readonly ClockSample[]): Section {
  const points = clock.filter((sample) => typeof sample.clockMhz === 'number');
  const highest = Math.max(...points.map((sample) => sample.clockMhz!));
  const plot = linePlot({
    title: 'clock of the core',
    series: [
      { name: 'clock', colour: 'one', points: points.map(({ seconds, clockMhz }) => ({ x: seconds, y: clockMhz! })) },
    ],
    xLabel: 'seconds since the start',
    yLabel: 'clock, MHz',
    xTick: tick,
    yTick: tick,
    xScale: (from, to) => linearScale(0, points.at(-1)!.seconds, from, to),
    yScale: (from, to) => linearScale(0, highest, from, to),
    height: 240,
  });
  return {
    heading: 'The machine meanwhile',
    lead: 'Read each second. Virtual machines often tell a nominal clock.',
    body: plot,
  };
}

function footnotes({ engines, remarks }: LatencyReport): string[] {
  const roundCount = engines[0]!.roundMediansMs.length;
  return [
    ...remarks.map(escapeText),
    `${roundCount} rounds; in each, every engine warms up and then runs for a while, every other round in reverse order. Engines are processes of their own.`,
    'Intervals are 95 % percentile intervals from resampling whole rounds (2,000 times).',
  ];
}
