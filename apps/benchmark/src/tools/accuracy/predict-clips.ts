import { normalize, type FeatureSplit } from '@sedge/features';
import type { Preprocessing } from '@sedge/artifact-contracts';
import type { Engine } from '@sedge/engines';
import { scoresOf } from '../engine/open-engine.js';
import { refusal } from '../engine/refusal.js';

const BATCH = 64;

/** Runs all clips of a split. @returns one list of scores per clip @throws ToolError BENCHMARK_OUTPUT_NOT_FINITE, BENCHMARK_INPUTS_DIFFER */
export async function predictClips(
  split: FeatureSplit,
  engine: Engine,
  { normalization }: Preprocessing,
  options: { signal: AbortSignal; onProgress: (done: number, total: number) => void },
): Promise<Float32Array[]> {
  const total = split.labels.length;
  const scores: Float32Array[] = [];
  for (let from = 0; from < total; from += BATCH) {
    options.signal.throwIfAborted();
    const to = Math.min(total, from + BATCH);
    const clips = split.read(from, to);
    normalize(clips, split.shape, normalization);
    scores.push(...(await scoresOf(engine, clips, to - from)));
    options.onProgress(to, total);
  }
  const odd = scores.find((values) => values.length !== split.classes.length);
  if (odd) {
    const message = `${engine.name} gives ${odd.length} scores for ${split.classes.length} classes; give the model that was trained on them`;
    throw refusal('BENCHMARK_INPUTS_DIFFER', message);
  }
  const stray = scores.findIndex((values) => !values.every(Number.isFinite));
  if (stray >= 0) {
    const message = `${engine.name} gave scores for ${split.ids[stray]} that are no numbers; the training may have diverged`;
    throw refusal('BENCHMARK_OUTPUT_NOT_FINITE', message);
  }
  return scores;
}
