/** Which part of a recording that is longer than a clip is kept. */
export const LONG_CLIPS = ['start', 'loudest'] as const;
export type LongClips = (typeof LONG_CLIPS)[number];

/** Brings a recording to the length of a clip: a short one is filled with zeros at its end, as a program on a device does it. */
export function fitClip(samples: Int16Array, clipSamples: number, long: LongClips): Int16Array {
  if (samples.length === clipSamples) return samples;
  const from = samples.length > clipSamples && long === 'loudest' ? loudestStart(samples, clipSamples) : 0;
  const clip = new Int16Array(clipSamples);
  clip.set(samples.subarray(from, from + clipSamples));
  return clip;
}

/** Where the stretch with the most energy begins; the first of equal ones. */
function loudestStart(samples: Int16Array, clipSamples: number): number {
  let energy = 0;
  for (let at = 0; at < clipSamples; at++) energy += samples[at]! ** 2;
  let most = energy;
  let start = 0;
  for (let at = clipSamples; at < samples.length; at++) {
    energy += samples[at]! ** 2 - samples[at - clipSamples]! ** 2;
    if (energy > most) {
      most = energy;
      start = at - clipSamples + 1;
    }
  }
  return start;
}
