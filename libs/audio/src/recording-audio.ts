/** Samples of one channel, as a file holds them. */
export interface RecordingAudio {
  /** in [-1, 1), or 16-bit integers */
  samples: Float32Array | Int16Array;
  sampleRateHz: number;
}

/** Why a file gives no samples: an expected outcome, told and not thrown. */
export interface UnusableAudio {
  reason: 'empty' | 'not-audio' | 'too-long' | 'unreadable';
  detail: string;
}

export const isUnusable = (outcome: object): outcome is UnusableAudio => 'reason' in outcome;
