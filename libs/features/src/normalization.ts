import type { Normalization } from '@sedge/artifact-contracts';

/**
 * Normalizes clips in place, in float32 as generated programs do: x' = (x - mean[band]) / std[band].
 *
 * @param data [clip, 1, band, frame]
 * @param shape of one clip: [1, band, frame]
 */
export function normalize(
  data: Float32Array,
  shape: readonly number[],
  normalization: Pick<Normalization, 'mean' | 'std'> | undefined,
): void {
  if (!normalization) return;
  const [bands, frames] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
  const mean = Float32Array.from(normalization.mean);
  const std = Float32Array.from(normalization.std);
  for (let start = 0, band = 0; start < data.length; start += frames, band = (band + 1) % bands) {
    for (let i = start; i < start + frames; i++) data[i] = Math.fround(data[i]! - mean[band]!) / std[band]!;
  }
}
