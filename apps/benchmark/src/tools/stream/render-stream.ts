import type { Segment, StreamPlan } from '../../domain/stream-plan.js';
import type { StreamDataset } from './stream-dataset.js';

/** Noise comes and goes over this, so that its edges are no clicks. */
const FADE_MS = 20;
/** Where there are no recordings of noise: about what a quiet room's converter gives. */
const HISS_AMPLITUDE = 30;

/** The samples `from` to `to` (exclusive) of a stream. Only what falls into them is read. */
export function renderStream(plan: StreamPlan, dataset: StreamDataset, from: number, to: number): Int16Array {
  const out = new Int16Array(to - from);
  for (const segment of plan.segments) {
    if (segment.start >= to) break;
    if (segment.start + segment.length <= from) continue;
    const samples = samplesOf(segment, dataset);
    const first = Math.max(from, segment.start);
    const last = Math.min(to, segment.start + segment.length);
    out.set(samples.subarray(first - segment.start, last - segment.start), first - from);
  }
  return out;
}

function samplesOf(segment: Segment, dataset: StreamDataset): Int16Array {
  if (segment.kind === 'clip') return dataset.clip(segment.clip);
  const { recording, offset, length, gain } = segment;
  const fadeSamples = Math.min(length / 2, (FADE_MS * dataset.sampleRateHz) / 1000);
  const source = recording < 0 ? hiss(offset, length) : dataset.noise(recording, offset, length);
  const level = recording < 0 ? 1 : gain;
  return source.map((sample, i) => sample * level * Math.min(1, (i + 1) / fadeSamples, (length - i) / fadeSamples));
}

/** White noise from a hash of the place. */
function hiss(offset: number, length: number): Int16Array {
  return Int16Array.from({ length }, (_, i) => {
    let mixed = Math.imul((offset + i) ^ 0x5bd1e995, 0x7feb352d);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
    return ((mixed ^ (mixed >>> 16)) / 2 ** 31) * HISS_AMPLITUDE;
  });
}
