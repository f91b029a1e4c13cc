import { describe, expect, it } from 'vitest';
import { detect, judge, smoothScores } from './keyword-detector.js';
import { planStream } from './stream-plan.js';
import { streamReport } from './stream-report.js';

const RULES = { maxClips: 100, minGapSamples: 50, maxGapSamples: 80, noiseGain: 0.5, seed: 3 };

describe('planStream', () => {
  const source = { clips: [0, 1, 2, 3], clipSamples: 100, noiseLengths: [60, 500] };

  it('takes each recording once, with noise before, between and after, without holes', () => {
    const { segments, samples } = planStream(source, RULES);
    expect(segments.map(({ kind }) => kind)).toEqual([...Array(4).fill(['noise', 'clip']).flat(), 'noise']);
    const clips = segments.flatMap((segment) => (segment.kind === 'clip' ? [segment.clip] : []));
    expect([...clips].sort()).toEqual([0, 1, 2, 3]);
    let end = 0;
    for (const segment of segments) {
      expect(segment.start).toBe(end);
      end += segment.length;
    }
    expect(samples).toBe(end);
  });

  it('stays within the recordings of noise, and is the same for the same seed', () => {
    const plan = planStream(source, RULES);
    for (const segment of plan.segments) {
      if (segment.kind !== 'noise') continue;
      expect(segment.offset + segment.length).toBeLessThanOrEqual(source.noiseLengths[segment.recording]!);
      expect(segment.gain).toBeLessThanOrEqual(0.5);
    }
    expect(planStream(source, RULES)).toEqual(plan);
    expect(planStream(source, { ...RULES, seed: 4 })).not.toEqual(plan);
  });
});

describe('smoothScores', () => {
  it('averages over the last windows', () => {
    expect(
      smoothScores(
        [
          [1, 0],
          [0, 1],
          [0, 1],
        ],
        2,
      ).map((scores) => [...scores]),
    ).toEqual([
      [1, 0],
      [0.5, 0.5],
      [0, 1],
    ]);
  });
});

describe('detect', () => {
  const windows = {
    firstEndMs: 1000,
    hopMs: 100,
    scores: [
      [0.2, 0.8],
      [0.1, 0.9],
      [0.9, 0.1],
      [0.1, 0.9],
      [0.1, 0.9],
    ],
  };

  it('reports what leads with the threshold, and holds still after it', () => {
    const rules = { threshold: 0.85, refractoryMs: 250, keywords: new Set([1]) };
    expect(detect(windows, rules)).toEqual([
      { label: 1, atMs: 1100 },
      { label: 1, atMs: 1400 },
    ]);
  });

  it('reports no class that is no keyword', () => {
    const rules = { threshold: 0.85, refractoryMs: 0, keywords: new Set([0]) };
    expect(detect(windows, rules)).toEqual([{ label: 0, atMs: 1200 }]);
  });
});

describe('judge', () => {
  const utterances = [
    { label: 0, startMs: 1000, endMs: 2000 },
    { label: 1, startMs: 3000, endMs: 4000 },
  ];

  it('counts hits, misses and false accepts', () => {
    const detections = [
      { label: 1, atMs: 500 },
      { label: 0, atMs: 1900 },
      { label: 0, atMs: 2400 },
      { label: 0, atMs: 3500 },
    ];
    // Nothing was said at 500; at 2400 the first word is heard again; at 3500 it is the wrong one.
    expect(judge(utterances, detections, 500)).toEqual({ hits: 1, misses: 1, falseAccepts: 2 });
  });

  it('takes a late report for a false one', () => {
    expect(judge(utterances, [{ label: 1, atMs: 4600 }], 500)).toEqual({ hits: 0, misses: 2, falseAccepts: 1 });
    expect(judge(utterances, [{ label: 1, atMs: 4400 }], 500)).toEqual({ hits: 1, misses: 1, falseAccepts: 0 });
  });
});

describe('streamReport', () => {
  it('misses more and accepts less as the threshold rises', () => {
    const scores = Array.from({ length: 600 }, (_, i) => [0.5 + 0.49 * Math.sin(i / 7), 0.5 - 0.49 * Math.sin(i / 7)]);
    const { points, metrics } = streamReport({
      title: 'test',
      engine: 'none',
      description: {},
      windows: { firstEndMs: 1000, hopMs: 100, scores },
      utterances: Array.from({ length: 10 }, (_, i) => ({ label: i % 2, startMs: i * 6000, endMs: i * 6000 + 1000 })),
      keywords: new Set([0, 1]),
      hours: 1 / 60,
      threshold: 0.8,
      refractoryMs: 0,
      toleranceMs: 500,
    });
    for (let i = 1; i < points.length; i++) {
      expect(points[i]!.threshold).toBeGreaterThan(points[i - 1]!.threshold);
      expect(points[i]!.missRate).toBeGreaterThanOrEqual(points[i - 1]!.missRate);
      expect(points[i]!.falseAcceptsPerHour).toBeLessThanOrEqual(points[i - 1]!.falseAcceptsPerHour);
    }
    expect(points.at(-1)!.missRate).toBe(1);
    expect(metrics['keywords']).toBe(10);
    expect(metrics['missRateLow']).toBeLessThanOrEqual(metrics['missRate']!);
  });
});
