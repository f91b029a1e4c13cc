import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseClasses, type Candidate, type ChoiceRules } from './class-choice.js';
import { SPLITS } from './recording.js';

const RULES: ChoiceRules = {
  words: ['yes', 'no'],
  unknown: { fraction: 0.1, name: 'unknown' },
  silence: { fraction: 0.1, name: 'silence' },
  salt: 's',
};

function candidates(perWord: number, words: string[]): Candidate[] {
  return SPLITS.flatMap((split) =>
    words.flatMap((label) =>
      Array.from({ length: perWord }, (_, take): Candidate => ({ id: `${label}/${split}${take}`, label, split })),
    ),
  );
}

describe('the classes of a task', () => {
  it('are the words in the order given, then unknown and silence, each a tenth of every split', () => {
    const all = candidates(400, ['no', 'yes', 'bed', 'cat', 'dog']);
    const choice = chooseClasses(all, RULES);
    expect(choice.classes).toEqual(['yes', 'no', 'unknown', 'silence']);
    for (const split of SPLITS) {
      const labels = choice.labels.filter((_, at) => all[at]!.split === split);
      expect(labels.filter((label) => label === 0)).toHaveLength(400);
      expect(labels.filter((label) => label === 2)).toHaveLength(100);
      expect(choice.silence[split]).toBe(100);
    }
  });

  it('take unknown from all other words alike', () => {
    const all = candidates(100, ['no', 'yes', 'bed', 'cat', 'dog', 'tree', 'wow']);
    const { labels } = chooseClasses(all, RULES);
    for (const word of ['bed', 'cat', 'dog', 'tree', 'wow']) {
      const taken = labels.filter((label, at) => label === 2 && all[at]!.label === word && all[at]!.split === 'test');
      expect(taken).toHaveLength(5);
    }
  });

  it('say when there are fewer recordings of other words than were asked for', () => {
    const all = [...candidates(100, ['no', 'yes']), ...candidates(3, ['bed'])];
    expect(chooseClasses(all, RULES).notes).toContainEqual(expect.stringMatching(/train has 3 recordings.*25/));
  });

  it('say which words a split lacks', () => {
    const all = candidates(9, ['no', 'yes']).filter(({ label, split }) => label === 'no' || split !== 'test');
    expect(chooseClasses(all, { ...RULES, unknown: null, silence: null }).notes).toEqual([
      'test has no recordings of yes',
    ]);
  });

  it('do not depend on the order of the recordings', () => {
    const all = candidates(20, ['no', 'yes', 'bed', 'cat']);
    const labelById = (list: Candidate[]): Map<string, number | null> => {
      const { labels } = chooseClasses(list, RULES);
      return new Map(list.map(({ id }, at) => [id, labels[at]!]));
    };
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (shuffled) => {
        expect(labelById(shuffled)).toEqual(labelById(all));
      }),
      { numRuns: 20 },
    );
  });
});
