import { describe, expect, it } from 'vitest';
import { emptySplitsOf, previewFolderSplits, type ClassSplits } from './split-preview.js';

const CLASSES = ['yes', 'no', 'go'];
const pathsOf = (speakers: string[]): string[] =>
  CLASSES.flatMap((name) => speakers.map((speaker) => `${name}/${speaker}_1.wav`));

function classesOf(paths: string[]): ClassSplits[] {
  const preview = previewFolderSplits(paths);
  if (!preview.ok) throw new Error(preview.reason);
  return preview.classes;
}

describe('the splits that recordings in folders would come into', () => {
  it('hold each class where each speaker says all of them', () => {
    expect(classesOf(pathsOf(['ann', 'bob', 'cy']))).toEqual(
      CLASSES.map((name) => ({ name, train: 1, validation: 1, test: 1 })),
    );
  });

  it('say that speakers are not known where names do not tell three of them', () => {
    const notesOf = (speakers: string[]): string[] => {
      const preview = previewFolderSplits(pathsOf(speakers));
      return preview.ok ? preview.notes : [preview.reason];
    };
    expect(notesOf(['ann', 'bob'])).toEqual([expect.stringContaining('speakers are not known')]);
    expect(notesOf(['ann', 'bob', 'cy'])).toEqual([]);
  });

  it('lack classes that have one recording each', () => {
    const classes = classesOf(pathsOf(['1']));
    expect(classes.map((counts) => emptySplitsOf(counts).length)).toEqual([2, 2, 2]);
    expect(classes.filter(({ train }) => train === 1)).toHaveLength(1);
  });

  it('are refused where there are fewer recordings than splits, and pass over noise and what is no recording', () => {
    const preview = previewFolderSplits(['yes/1.wav', 'no/1.wav', '_background_noise_/hum.wav', 'yes/notes.txt']);
    expect(preview).toMatchObject({ ok: false, reason: expect.stringContaining('2 speakers') as string });
  });
});
