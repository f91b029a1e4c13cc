import { LONG_CLIPS, type LongClips } from '../audio/fit-clip.js';
import { SPLIT_METHODS, type SplitRules } from '../../domain/split-assignment.js';
import { refusal } from '../../errors.js';

/** What all tools that read recordings have in common. */
export interface IngestParameters {
  sampleRateHz: number;
  clipMs: number;
  longClips: LongClips;
  maxRecordingMs: number;
  split: SplitRules;
  strict: boolean;
  keepDoubtful: boolean;
  maxSkipped: number;
}

type Properties = Record<string, Record<string, unknown>>;

const share = (value: number, description: string): Record<string, unknown> => ({
  type: 'number',
  minimum: 0.01,
  maximum: 0.45,
  default: value,
  description,
});

/** How recordings are put into splits. */
export const SPLIT_PROPERTIES: Properties = {
  split: {
    type: 'string',
    enum: SPLIT_METHODS,
    default: 'auto',
    description:
      "lists takes the data set's own lists or splits, speaker a salted hash of the speaker; auto takes the former where they are complete",
  },
  salt: {
    type: 'string',
    default: 'sedge',
    description: 'of the hash of the speaker: another one gives another split',
  },
  validationShare: share(0.1, 'share of the speakers for validation, in a split by speaker'),
  testShare: share(0.1, 'share of the speakers for test, in a split by speaker'),
};

/** A parameter that is a list of different names; none stands for all that are there. */
export function namesProperty(description: string): Record<string, unknown> {
  return { type: 'array', items: { type: 'string', minLength: 1 }, uniqueItems: true, default: [], description };
}

export const INGEST_PROPERTIES: Properties = {
  sampleRateHz: {
    type: 'integer',
    minimum: 1000,
    maximum: 192_000,
    default: 16_000,
    description: 'rate that all recordings are brought to',
  },
  clipMs: {
    type: 'number',
    minimum: 10,
    maximum: 60_000,
    default: 1000,
    description: 'length of a clip; shorter recordings are filled with zeros at their end',
  },
  longClips: {
    type: 'string',
    enum: LONG_CLIPS,
    default: 'start',
    description: 'the part of a longer recording that is kept: its start, or the stretch with the most energy',
  },
  maxRecordingMs: {
    type: 'integer',
    minimum: 10,
    maximum: 3_600_000,
    default: 600_000,
    description: 'recordings that last longer are skipped',
  },
  ...SPLIT_PROPERTIES,
  strict: { type: 'boolean', default: false, description: 'a file that would be skipped fails the job' },
  keepDoubtful: {
    type: 'boolean',
    default: false,
    description:
      'recordings that are silent, under several labels or of several speakers are kept and listed instead of skipped',
  },
  maxSkipped: {
    type: 'integer',
    minimum: 0,
    default: 10_000,
    description: 'a source with more files to skip than this is refused',
  },
};

/** @param parameters complete, as the platform checks them against the schema */
export function ingestParametersOf(parameters: Record<string, unknown>): IngestParameters {
  const { sampleRateHz, clipMs, longClips, maxRecordingMs, strict, keepDoubtful, maxSkipped } =
    parameters as unknown as IngestParameters;
  const split = splitRulesOf(parameters);
  return { sampleRateHz, clipMs, longClips, maxRecordingMs, split, strict, keepDoubtful, maxSkipped };
}

export function splitRulesOf(parameters: Record<string, unknown>): SplitRules {
  const given = parameters as { split: SplitRules['method']; salt: string; validationShare: number; testShare: number };
  return { method: given.split, salt: given.salt, validation: given.validationShare, test: given.testShare };
}

/** Samples of a clip; a length that is no whole number of samples is refused rather than rounded. */
export function clipSamplesOf({ clipMs, sampleRateHz }: { clipMs: number; sampleRateHz: number }): number {
  const samples = (clipMs * sampleRateHz) / 1000;
  if (Number.isInteger(samples)) return samples;
  const reason = `clipMs ${clipMs} at ${sampleRateHz} Hz is ${samples} samples, no whole number`;
  throw refusal('INGESTION_PARAMETERS', { reason });
}
