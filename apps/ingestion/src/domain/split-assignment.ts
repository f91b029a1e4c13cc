import type { SplitLists } from './audio-layout.js';
import { SPLITS, byText, type LabelledRecording, type Split } from './recording.js';
import { saltedHash } from './salted-hash.js';

export const SPLIT_METHODS = ['auto', 'lists', 'speaker'] as const;
export type SplitMethod = (typeof SPLIT_METHODS)[number];

export interface SplitRules {
  method: SplitMethod;
  salt: string;
  /** shares of the speakers; train gets the rest */
  validation: number;
  test: number;
}

/** How recordings were put into splits, for the metadata and the report. */
export type SplitDescription =
  | { method: 'official-lists' }
  | { method: 'given' }
  | { method: 'speaker-hash'; salt: string; train: number; validation: number; test: number };

export type SplitProblem =
  | { problem: 'lists'; reason: string }
  | { problem: 'speaker-twice'; speaker: string; first: Split; second: Split }
  | { problem: 'speakers-few'; count: number };

export interface SplitAssignment {
  /** in the order of the recordings */
  splits: Split[];
  description: SplitDescription;
  notes: string[];
}

/** Puts each recording into a split so that no speaker is in two: as the source says, by its lists where they are complete, else by speaker. */
export function assignSplits(
  recordings: LabelledRecording[],
  lists: SplitLists | null,
  rules: SplitRules,
): SplitAssignment | SplitProblem {
  if (rules.method !== 'speaker') {
    if (recordings.length > 0 && recordings.every(({ split }) => split !== null)) return asGiven(recordings);
    const flaw = lists ? flawOf(lists) : 'validation_list.txt and testing_list.txt are not both there';
    if (flaw === null) return byLists(recordings, lists!);
    if (rules.method === 'lists') return { problem: 'lists', reason: flaw };
    const assignment = bySpeaker(recordings, rules);
    if (lists && 'notes' in assignment) assignment.notes.push(`the data set's own lists were not used: ${flaw}`);
    return assignment;
  }
  return bySpeaker(recordings, rules);
}

/** Why lists can't be used: they name what is not there, or name it twice. */
function flawOf({ validation, test, present }: SplitLists): string | null {
  if (validation.length === 0 || test.length === 0) return 'a list is empty';
  const missing = [...validation, ...test].filter((id) => !present.has(id));
  if (missing.length > 0) {
    return `${missing.length} of the ${validation.length + test.length} recordings that they name are missing, among them ${missing[0]}`;
  }
  const inTest = new Set(test);
  const twice = validation.find((id) => inTest.has(id));
  return twice === undefined ? null : `both name ${twice}`;
}

function byLists(recordings: LabelledRecording[], lists: SplitLists): SplitAssignment | SplitProblem {
  const validation = new Set(lists.validation);
  const test = new Set(lists.test);
  const splits = recordings.map(({ id }): Split =>
    test.has(id) ? 'test' : validation.has(id) ? 'validation' : 'train',
  );
  return withoutCommonSpeaker(recordings, splits, { method: 'official-lists' });
}

function asGiven(recordings: LabelledRecording[]): SplitAssignment | SplitProblem {
  const splits = recordings.map(({ split }) => split!);
  return withoutCommonSpeaker(recordings, splits, { method: 'given' });
}

function withoutCommonSpeaker(
  recordings: LabelledRecording[],
  splits: Split[],
  description: SplitDescription,
): SplitAssignment | SplitProblem {
  const splitOf = new Map<string, Split>();
  for (const [at, { speaker }] of recordings.entries()) {
    const first = splitOf.get(speaker);
    const second = splits[at]!;
    if (first !== undefined && first !== second) return { problem: 'speaker-twice', speaker, first, second };
    splitOf.set(speaker, second);
  }
  return { splits, description, notes: [] };
}

function bySpeaker(recordings: LabelledRecording[], rules: SplitRules): SplitAssignment | SplitProblem {
  const speakers = [...new Set(recordings.map(({ speaker }) => speaker))];
  if (speakers.length < SPLITS.length) return { problem: 'speakers-few', count: speakers.length };
  const splitOf = splitSpeakers(speakers, rules);
  const { salt, validation, test } = rules;
  const train = Number((1 - validation - test).toFixed(6));
  return {
    splits: recordings.map(({ speaker }) => splitOf.get(speaker)!),
    description: { method: 'speaker-hash', salt, train, validation, test },
    notes: [],
  };
}

/**
 * Each speaker by their own hash, so that they stay where they are when others are added. Among few speakers a split can stay empty: then the
 * ones whose hash lies nearest move in.
 */
function splitSpeakers(speakers: string[], rules: SplitRules): Map<string, Split> {
  const ranked = speakers
    .map((speaker) => ({ speaker, hash: saltedHash(rules.salt, speaker) }))
    .sort((a, b) => a.hash - b.hash || byText(a.speaker, b.speaker));
  const train = 1 - rules.validation - rules.test;
  const count = ranked.length;
  const below = (limit: number): number => ranked.filter(({ hash }) => hash < limit).length;
  const trainEnd = Math.min(Math.max(below(train), 1), count - 2);
  const validationEnd = Math.min(Math.max(below(train + rules.validation), trainEnd + 1), count - 1);
  return new Map(
    ranked.map(({ speaker }, rank) => [
      speaker,
      rank < trainEnd ? 'train' : rank < validationEnd ? 'validation' : 'test',
    ]),
  );
}
