import type { Normalization } from '@sedge/artifact-contracts';

/** Normalizes clips in place: x' = (x - mean[band]) / std[band]. @param data [clip, 1, band, frame] */
export function normalize(
  data: Float32Array,
  bands: number,
  frames: number,
  normalization: Normalization | undefined,
): void {
  if (!normalization) return;
  const { mean, std } = normalization;
  for (let start = 0, band = 0; start < data.length; start += frames, band = (band + 1) % bands) {
    for (let i = start; i < start + frames; i++) data[i] = Math.fround((data[i]! - mean[band]!) / std[band]!);
  }
}
