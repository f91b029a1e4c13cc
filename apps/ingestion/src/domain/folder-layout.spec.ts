import { describe, expect, it } from 'vitest';
import { FolderLayout, type SpeakerRule } from './folder-layout.js';

function label(paths: string[], rule: SpeakerRule = 'auto'): { speakers: string[]; notes: string[] } {
  const layout = new FolderLayout(new Set(), rule);
  const { recordings, notes } = layout.label(paths.map((path, index) => ({ index, segments: path.split('/') })));
  return { speakers: recordings.map(({ speaker }) => speaker), notes };
}

const spoken = (speakers: string[], between: string): string[] =>
  ['yes', 'no'].flatMap((word) => speakers.map((speaker) => `${word}/${speaker}${between}1.wav`));
const ten = Array.from({ length: 10 }, (_, index) => `s${index}`);

describe('the speaker of a recording', () => {
  it.each([
    ['_', 'before the first underscore'],
    ['/', 'the folder below the class'],
  ])('is what stands before %j: %s', (between) => {
    const { speakers, notes } = label(spoken(ten, between));
    expect(speakers).toEqual([...ten, ...ten]);
    expect(notes).toEqual([]);
  });

  it.each(['_', '/'])('is still known of the others where one recording names none (%j)', (between) => {
    const { speakers, notes } = label([...spoken(ten, between), 'yes/noname.wav']);
    expect(speakers).toEqual([...ten, ...ten, 'yes/noname.wav']);
    expect(notes).toEqual([expect.stringContaining('not known of 1 of 21 recordings (yes/noname.wav)')]);
  });

  it('is not guessed where many recordings name none', () => {
    const { speakers, notes } = label([...spoken(ten, '_'), ...ten.map((name) => `yes/${name}.wav`)]);
    expect(new Set(speakers).size).toBe(30);
    expect(notes).toEqual([expect.stringContaining('speakers are not known')]);
  });

  it('is nobody known where no name recurs in another class', () => {
    const { speakers } = label(['yes/a_1.wav', 'yes/a_2.wav', 'no/b_1.wav', 'no/b_2.wav']);
    expect(new Set(speakers).size).toBe(4);
  });
});
