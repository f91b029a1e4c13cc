import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogOverlap, parseLogLine, type LogLine } from './log-overlap.js';

const stamp = (ms: number, ns = 0): string =>
  new Date(Date.UTC(2026, 0, 1) + ms).toISOString().replace('Z', `${String(ns).padStart(6, '0')}Z`);

describe('lines of a log', () => {
  it('are read with fractions of any length, and offsets', () => {
    const [utc, offset, whole] = [
      '2026-01-01T00:00:00.5Z a',
      '2026-01-01T02:00:00.500000001+02:00 a',
      '2026-01-01T00:00:00Z',
    ].map((line) => parseLogLine(line)!);
    expect(offset!.time - utc!.time).toBe(1n);
    expect(utc!.time - whole!.time).toBe(500_000_000n);
    expect([utc!.text, whole!.text]).toEqual(['a', '']);
  });

  it('are told from what is none', () => {
    for (const line of [
      '',
      'unable to retrieve container logs',
      '2026-01-01 a',
      '2026-13-01T00:00:00Z a',
      '2026-01-01T00:00:00.Z a',
    ])
      expect(parseLogLine(line)).toBeNull();
  });

  it('come once each, wherever readings break off, however the server rounds, and where times are out of order', () => {
    const printed = fc.array(
      fc.record({
        step: fc.integer({ min: 0, max: 3000 }),
        back: fc.integer({ min: 0, max: 400 }),
        text: fc.constantFrom('a', 'b', ''),
      }),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(printed, fc.array(fc.nat(40)), fc.boolean(), (lines, breaks, roundsDown) => {
        let clock = 0;
        const log = lines.map(({ step, back, text }) => `${stamp((clock += step) - back)} ${text}`);
        const overlap = new LogOverlap();
        const seen: string[] = [];
        for (const end of [...breaks.sort((a, b) => a - b), log.length]) {
          const since = overlap.since;
          const from =
            since === null ? 0 : Math.floor(Date.parse(since) / (roundsDown ? 1000 : 1)) * (roundsDown ? 1000 : 1);
          const isNew = overlap.filter();
          for (const line of log.slice(0, end)) {
            if (Date.parse(line.slice(0, 23) + 'Z') < from) continue;
            if (isNew(parseLogLine(line) as LogLine)) seen.push(line);
          }
        }
        expect(seen).toEqual(log);
      }),
      { numRuns: 500 },
    );
  });

  it('are forgotten when they are old', () => {
    const overlap = new LogOverlap();
    const isNew = overlap.filter();
    for (let n = 0; n < 100_000; n++) isNew(parseLogLine(`${stamp(n)} line`)!);
    expect((overlap as unknown as { recent: Map<string, unknown> }).recent.size).toBeLessThan(5000);
  });
});
