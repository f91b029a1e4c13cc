import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SplitLists } from './audio-layout.js';
import { SPLITS, type LabelledRecording, type Split } from './recording.js';
import { assignSplits, type SplitRules } from './split-assignment.js';

const RULES: SplitRules = { method: 'auto', salt: 'sedge', validation: 0.1, test: 0.1 };

function recordingsOf(speakers: number, takes: number, split: Split | null = null): LabelledRecording[] {
  return Array.from({ length: speakers * takes }, (_, index) => {
    const speaker = `speaker${index % speakers}`;
    return { index, id: `yes/${speaker}_nohash_${Math.floor(index / speakers)}`, label: 'yes', speaker, split };
  });
}

function splitsOf(recordings: LabelledRecording[], rules = RULES, lists: SplitLists | null = null): Split[] {
  const assignment = assignSplits(recordings, lists, rules);
  if ('problem' in assignment) throw new Error(JSON.stringify(assignment));
  return assignment.splits;
}

function splitsBySpeaker(recordings: LabelledRecording[], splits: Split[]): Map<string, Set<Split>> {
  const found = new Map<string, Set<Split>>();
  for (const [at, { speaker }] of recordings.entries()) {
    found.set(speaker, (found.get(speaker) ?? new Set()).add(splits[at]!));
  }
  return found;
}

const listsOf = (recordings: LabelledRecording[], validation: string[], test: string[]): SplitLists => ({
  validation,
  test,
  present: new Set(recordings.map(({ id }) => id)),
});

describe('a split by speaker', () => {
  const someRules = fc.record({
    salt: fc.string(),
    validation: fc.double({ min: 0.01, max: 0.45, noNaN: true }),
    test: fc.double({ min: 0.01, max: 0.45, noNaN: true }),
  });

  it('puts nobody into two splits and leaves no split empty, for any number of speakers, salt and shares', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 60 }),
        fc.integer({ min: 1, max: 4 }),
        someRules,
        (speakers, takes, rules) => {
          const recordings = recordingsOf(speakers, takes);
          const splits = splitsOf(recordings, { ...rules, method: 'speaker' });
          for (const own of splitsBySpeaker(recordings, splits).values()) expect(own.size).toBe(1);
          expect(new Set(splits)).toEqual(new Set(SPLITS));
        },
      ),
    );
  });

  it('does not depend on the order of the recordings', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(recordingsOf(30, 2), { minLength: 60 }), (shuffled) => {
        const expected = splitsBySpeaker(recordingsOf(30, 2), splitsOf(recordingsOf(30, 2)));
        expect(new Map(splitsBySpeaker(shuffled, splitsOf(shuffled)))).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it('leaves speakers where they are when others are added', () => {
    const few = recordingsOf(100, 1);
    const more = [...few, ...recordingsOf(100, 1).map((one) => ({ ...one, speaker: `new-${one.speaker}` }))];
    const before = splitsOf(few);
    expect(splitsOf(more).slice(0, few.length)).toEqual(before);
  });

  it('comes near to the shares that are asked for', () => {
    const splits = splitsOf(recordingsOf(20_000, 1));
    const share = (split: Split): number => splits.filter((one) => one === split).length / splits.length;
    expect(share('validation')).toBeCloseTo(0.1, 1.7);
    expect(share('test')).toBeCloseTo(0.1, 1.7);
  });

  it('is refused for two speakers', () => {
    expect(assignSplits(recordingsOf(2, 9), null, RULES)).toEqual({ problem: 'speakers-few', count: 2 });
  });
});

describe("the data set's own lists", () => {
  const recordings = recordingsOf(10, 2);
  const of = (speaker: number): string[] =>
    recordings.filter((one) => one.speaker === `speaker${speaker}`).map(({ id }) => id);

  it('are followed where they are complete', () => {
    const assignment = assignSplits(recordings, listsOf(recordings, of(3), [...of(5), ...of(6)]), RULES);
    expect(assignment).toMatchObject({ description: { method: 'official-lists' }, notes: [] });
    const bySpeaker = splitsBySpeaker(recordings, (assignment as { splits: Split[] }).splits);
    expect([...bySpeaker.get('speaker3')!]).toEqual(['validation']);
    expect([...bySpeaker.get('speaker6')!]).toEqual(['test']);
    expect([...bySpeaker.get('speaker0')!]).toEqual(['train']);
  });

  it.each([
    ['name what is missing', [...of(3), 'yes/absent_nohash_0'], of(5), /absent_nohash_0/],
    ['name one recording twice', of(3), [...of(5), of(3)[0]!], /both name/],
    ['are empty', [], of(5), /empty/],
  ])('are left, with a note, when they %s', (_, validation, test, reason) => {
    const lists = listsOf(recordings, validation, test);
    const assignment = assignSplits(recordings, lists, RULES);
    expect(assignment).toMatchObject({ description: { method: 'speaker-hash' } });
    expect((assignment as { notes: string[] }).notes[0]).toMatch(reason);
    expect(assignSplits(recordings, lists, { ...RULES, method: 'lists' })).toMatchObject({ problem: 'lists' });
  });

  it('are refused when they put a speaker into two splits', () => {
    const [first, second] = of(3);
    const lists = listsOf(recordings, [first!], [second!]);
    expect(assignSplits(recordings, lists, RULES)).toMatchObject({ problem: 'speaker-twice', speaker: 'speaker3' });
  });
});

describe('splits that are given with each recording', () => {
  it('are kept', () => {
    const recordings = SPLITS.flatMap((split) =>
      recordingsOf(2, 1, split).map((one) => ({ ...one, speaker: `${split}-${one.speaker}` })),
    );
    expect(splitsOf(recordings)).toEqual(['train', 'train', 'validation', 'validation', 'test', 'test']);
  });

  it('are refused when they share a speaker', () => {
    const recordings = SPLITS.flatMap((split) => recordingsOf(2, 1, split));
    expect(assignSplits(recordings, null, RULES)).toMatchObject({ problem: 'speaker-twice' });
  });
});
