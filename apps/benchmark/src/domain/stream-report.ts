import type { StreamPoint, StreamReport } from '@sedge/artifact-contracts';
import { detect, judge, type StreamCount, type Utterance, type WindowScores } from './keyword-detector.js';
import { poissonInterval } from './poisson-interval.js';
import { wilson } from './proportion.js';

export interface StreamFacts {
  title: string;
  engine: string;
  /** how the stream was made and how words are detected in it */
  description: Record<string, unknown>;
  windows: WindowScores;
  utterances: Utterance[];
  keywords: ReadonlySet<number>;
  hours: number;
  /** at which the figures are given */
  threshold: number;
  refractoryMs: number;
  toleranceMs: number;
}

/** Even on the scale of log-odds: most of what happens is near 1. */
const THRESHOLDS = Array.from({ length: 41 }, (_, i) => 1 / (1 + Math.exp(2.2 - i * 0.225)));

/** Puts a stream report together: the detector at all thresholds, and at one. */
export function streamReport(facts: StreamFacts): StreamReport {
  const points = THRESHOLDS.map((threshold) => pointAt(facts, threshold));
  const own = pointAt(facts, facts.threshold);
  const quiet = points.filter((point) => point.falseAcceptsPerHour <= 1);
  return {
    title: facts.title,
    engine: facts.engine,
    stream: facts.description,
    points,
    metrics: {
      ...own,
      hours: facts.hours,
      keywords: facts.utterances.length,
      // The best that can be had where one false accept per hour is bearable; 1 where no threshold gets there.
      missRateAtOnePerHour: Math.min(1, ...quiet.map((point) => point.missRate)),
    },
  };
}

function pointAt(facts: StreamFacts, threshold: number): StreamPoint {
  const { windows, refractoryMs, keywords, utterances, toleranceMs, hours } = facts;
  const detections = detect(windows, { threshold, refractoryMs, keywords });
  return pointOf(threshold, judge(utterances, detections, toleranceMs), hours);
}

function pointOf(threshold: number, { hits, misses, falseAccepts }: StreamCount, hours: number): StreamPoint {
  const { low, high } = poissonInterval(falseAccepts);
  const missed = wilson(misses, hits + misses);
  return {
    threshold,
    falseAcceptsPerHour: falseAccepts / hours,
    falseAcceptsPerHourLow: low / hours,
    falseAcceptsPerHourHigh: high / hours,
    missRate: missed.value,
    missRateLow: missed.low,
    missRateHigh: missed.high,
  };
}
