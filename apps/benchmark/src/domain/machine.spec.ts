import { describe, expect, it } from 'vitest';
import { lastCoreOf } from './core-list.js';
import { clockMhzOf, stolenShare, ticksOf } from './core-state.js';
import { latencyReport, type LatencyFacts } from './latency-report.js';
import { largestDifference } from './output-difference.js';
import { latencyPage } from './page/latency-page.js';

describe('lastCoreOf', () => {
  it('reads lists as Linux writes them', () => {
    expect(lastCoreOf('0-3,8')).toBe(8);
    expect(lastCoreOf('0-15\n')).toBe(15);
    expect(lastCoreOf('')).toBeNull();
  });
});

describe('core state', () => {
  const cpuinfo = 'processor\t: 0\ncpu MHz\t\t: 1200.5\n\nprocessor\t: 1\ncpu MHz\t\t: 3400.25\n';

  it('finds the clock of a core', () => {
    expect(clockMhzOf(cpuinfo, 1)).toBe(3400.25);
    expect(clockMhzOf(cpuinfo, 2)).toBeNull();
    expect(clockMhzOf('processor\t: 0\nBogoMIPS\t: 50.00\n', 0)).toBeNull();
  });

  it('gives the share that other machines took', () => {
    const stat = (steal: number): string => `cpu  9 9\ncpu0 1 1 1 1 1 1 1 1\ncpu1 100 0 50 800 0 0 0 ${steal} 7 0\n`;
    const [before, after] = [ticksOf(stat(50), 1), ticksOf(stat(150).replace('800', '1200'), 1)];
    expect(before).toEqual({ total: 1000, stolen: 50 });
    expect(stolenShare(before, after)).toBe(0.2);
    expect(stolenShare(before, before)).toBeNull();
    expect(ticksOf(stat(1), 5)).toBeNull();
  });
});

describe('largestDifference', () => {
  it('is relative to the largest wanted value', () => {
    expect(largestDifference([1, 2.1], [1, -2])).toBeCloseTo(2.05, 12);
    expect(largestDifference([0, 0], [0, 0])).toBe(0);
    expect(largestDifference([NaN], [1])).toBe(Infinity);
    expect(largestDifference([1], [1, 2])).toBe(Infinity);
  });
});

describe('latencyReport', () => {
  const rounds = (ms: number, emptyMs?: number): LatencyFacts['engines'][0]['rounds'] =>
    Array.from({ length: 5 }, (_, i) => ({
      timesMs: [ms + i * 0.01, ms + i * 0.01, 10 * ms],
      ...(emptyMs !== undefined && { emptyMs: [emptyMs] }),
    }));
  const facts: LatencyFacts = {
    title: 'test',
    machine: { cpuModel: 'a processor', core: null, architecture: 'x64' },
    engines: [
      { engine: 'program', rounds: rounds(1), memoryBytes: { arena: 100 } },
      { engine: 'runtime', rounds: rounds(3, 0.5), memoryBytes: { peakRss: 1000 } },
    ],
    clock: [
      { seconds: 0, clockMhz: 3000, throttleCount: 0, stolenShare: null },
      { seconds: 1, clockMhz: 2000, throttleCount: 2, stolenShare: 0.1 },
    ],
    outputDifference: 1e-6,
  };

  it('gives both ratios: with the call, and without', () => {
    const { engines, ratios, metrics } = latencyReport(facts);
    expect(engines.map(({ engine }) => engine)).toEqual(['program', 'runtime', 'runtime, call overhead taken off']);
    expect(metrics['medianMs']).toBeCloseTo(1.02, 9);
    expect(ratios[0]!.ratio.value).toBeCloseTo(3.02 / 1.02, 9);
    expect(metrics['ratioWithoutCall']).toBeCloseTo(2.52 / 1.02, 9);
    expect(metrics).toMatchObject({ arenaBytes: 100, peerPeakRssBytes: 1000, outputDifference: 1e-6 });
  });

  it('says what must be known before the figures are believed', () => {
    const remarks = latencyReport(facts).remarks.join('\n');
    for (const word of ['not held on one core', '2000 and 3000 MHz', 'throttled 2 times', '10 %', '1.0e-6'])
      expect(remarks).toContain(word);
    const quiet = {
      ...facts,
      machine: { ...facts.machine, core: 1 },
      outputDifference: null,
      clock: [facts.clock[0]!],
    };
    expect(latencyReport(quiet).remarks).toEqual([]);
  });

  it('gives a page without anything from elsewhere, whatever the engines are called', () => {
    const engines = facts.engines.map((engine) => ({ ...engine, engine: `<b>${engine.engine}</b>` }));
    const page = latencyPage(latencyReport({ ...facts, engines }));
    expect(page).not.toContain('<b>program');
    expect(page).not.toMatch(/<script|https?:|src=/);
  });
});
