import type { SkipReason } from '../../domain/skip-reasons.js';

/** Samples of one channel, as a file holds them. */
export interface RecordingAudio {
  /** in [-1, 1), or 16-bit integers */
  samples: Float32Array | Int16Array;
  sampleRateHz: number;
}

/** Why a file gives no samples: an expected outcome, listed and not thrown. */
export interface UnusableAudio {
  reason: SkipReason;
  detail: string;
}

export const isUnusable = (outcome: object): outcome is UnusableAudio => 'reason' in outcome;
