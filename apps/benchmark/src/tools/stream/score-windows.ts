import { mfcc, type MfccParameters } from '@sedge/lne';
import { normalize } from '@sedge/features';
import { softmax } from '../../domain/confusion.js';
import type { StreamPlan } from '../../domain/stream-plan.js';
import { scoresOf, type Subject } from '../engine/open-engine.js';
import { refusal } from '../engine/refusal.js';
import { renderStream } from './render-stream.js';
import type { StreamDataset } from './stream-dataset.js';

/** Windows at once: half a minute of stream at the usual hop. */
const BATCH = 256;

export interface WindowOptions {
  parameters: MfccParameters;
  /** of one clip's features: [1, band, frame] */
  shape: readonly number[];
  windowSamples: number;
  hopSamples: number;
  signal: AbortSignal;
  onProgress: (done: number, total: number) => void;
}

/** Slides the network's window over a stream. @returns probabilities by window @throws ToolError BENCHMARK_OUTPUT_NOT_FINITE */
export async function scoreWindows(
  plan: StreamPlan,
  dataset: StreamDataset,
  { engine, preprocessing, isSoftmax }: Subject,
  options: WindowOptions,
): Promise<ArrayLike<number>[]> {
  const { windowSamples, hopSamples, shape, signal } = options;
  const total = Math.max(0, Math.floor((plan.samples - windowSamples) / hopSamples) + 1);
  const results: ArrayLike<number>[] = [];
  for (let first = 0; first < total; first += BATCH) {
    signal.throwIfAborted();
    const count = Math.min(BATCH, total - first);
    const from = first * hopSamples;
    const samples = renderStream(plan, dataset, from, from + (count - 1) * hopSamples + windowSamples);
    const windows = new Int16Array(count * windowSamples);
    for (let i = 0; i < count; i++) {
      windows.set(samples.subarray(i * hopSamples, i * hopSamples + windowSamples), i * windowSamples);
    }
    const features = await mfcc(windows, options.parameters);
    normalize(features, shape, preprocessing.normalization);
    const scores = await scoresOf(engine, features, count);
    results.push(...scores.map((values) => (isSoftmax ? values : softmax(values))));
    options.onProgress(first + count, total);
  }
  if (!results.every((values) => Array.from(values).every(Number.isFinite))) {
    throw refusal('BENCHMARK_OUTPUT_NOT_FINITE', `${engine.name} gave scores that are no numbers on the stream`);
  }
  return results;
}
