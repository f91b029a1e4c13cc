import { describe, expect, it } from 'vitest';
import type { AudioLayout, Labelling } from './audio-layout.js';
import { CsvLayout, CsvProblem, type CsvColumns } from './csv-layout.js';
import { FolderLayout, type SpeakerRule } from './folder-layout.js';
import { SpeechCommandsLayout } from './speech-commands-layout.js';

/** Passes paths through a layout as a reader of archives does. */
function label(layout: AudioLayout, paths: string[], texts: Record<string, string> = {}): Labelling {
  const placed = paths.map((path) => path.split('/')).filter((one) => layout.placement(one).use === 'recording');
  const found = placed.map((segments, index) => ({ index, segments }));
  return layout.label(found, new Map(Object.entries(texts)));
}

const rowsOf = ({ recordings }: Labelling): string[] =>
  recordings.map((one) => [one.id, one.label, one.speaker, one.split].filter((part) => part !== null).join(' '));

describe('the layout of Speech Commands', () => {
  const layout = (): SpeechCommandsLayout => new SpeechCommandsLayout(new Set());

  it('takes the word from the folder and the speaker from the name, at any depth', () => {
    const labelling = label(layout(), ['sc/yes/0a7c2a8d_nohash_0.wav', 'sc/no/b_1_nohash_12.flac']);
    expect(rowsOf(labelling)).toEqual(['yes/0a7c2a8d_nohash_0 yes 0a7c2a8d', 'no/b_1_nohash_12 no b_1']);
  });

  it.each([
    ['README.md', 'ignored'],
    ['LICENSE', 'ignored'],
    ['testing_list.txt', 'text'],
    ['_background_noise_/tap.wav', 'noise'],
    ['_background_noise_/README.md', 'ignored'],
    ['yes/notes.doc', 'skipped'],
    ['yes/clip.wav', 'skipped'],
  ])('places %s as %s', (path, use) => {
    expect(layout().placement(path.split('/')).use).toBe(use);
  });

  it('reads lists with either ending of lines, and knows recordings that it does not read', () => {
    const one = new SpeechCommandsLayout(new Set(['yes']));
    const texts = { 'sc/validation_list.txt': 'no/a_nohash_0.wav\r\n', 'sc/testing_list.txt': 'yes/b_nohash_0.wav\n' };
    const { lists, recordings } = label(one, ['sc/yes/b_nohash_0.wav', 'sc/no/a_nohash_0.wav'], texts);
    expect(recordings).toHaveLength(1);
    expect(lists).toMatchObject({ validation: ['no/a_nohash_0'], test: ['yes/b_nohash_0'] });
    expect(lists!.present.has('no/a_nohash_0')).toBe(true);
  });
});

describe('folders per class', () => {
  const read = (paths: string[], rule: SpeakerRule = 'auto'): Labelling =>
    label(new FolderLayout(new Set(), rule), paths);

  it('are found below folders that hold everything', () => {
    const { recordings } = read(['my/data/cat/1.wav', 'my/data/dog/sub/2.wav']);
    expect(recordings.map(({ label }) => label)).toEqual(['cat', 'dog']);
  });

  it('are classes of their own even if there is only one', () => {
    expect(read(['cat/1.wav', 'cat/2.wav']).recordings.map(({ label }) => label)).toEqual(['cat', 'cat']);
  });

  it('have speakers as folders below, or before the first _, where those recur', () => {
    const people = ['ann', 'bob', 'eve'];
    const folders = people.flatMap((name) => [`cat/${name}/1.wav`, `dog/${name}/1.wav`]);
    const prefixes = people.flatMap((name) => [`cat/${name}_1.wav`, `dog/${name}_1.wav`]);
    for (const paths of [folders, prefixes]) {
      expect(new Set(read(paths).recordings.map(({ speaker }) => speaker))).toEqual(new Set(people));
    }
  });

  it('list recordings of another form instead of passing them over', () => {
    const placement = new FolderLayout(new Set(), 'auto').placement(['cat', '1.mp3']);
    expect(placement).toEqual({ use: 'skipped', reason: 'not-audio' });
  });

  it('have no known speakers where names only number the recordings, and say so', () => {
    const labelling = read(['cat/cat_1.wav', 'cat/cat_2.wav', 'dog/dog_1.wav', 'dog/dog_2.wav']);
    expect(new Set(labelling.recordings.map(({ speaker }) => speaker)).size).toBe(4);
    expect(labelling.notes[0]).toMatch(/speakers are not known/);
  });
});

describe('a CSV file', () => {
  const COLUMNS: CsvColumns = { file: 'file', label: 'label', speaker: 'speaker', split: 'split' };
  const PATHS = ['d/a/1.wav', 'd/a/2.wav', 'd/b.wav'];
  const read = (csv: string, name = ''): Labelling =>
    label(new CsvLayout(name, COLUMNS, new Set()), PATHS, { 'd/labels.csv': csv });

  it('labels the files that it names, from its own folder or the root', () => {
    const labelling = read('file,label,speaker,split\na/1.wav,cat,ann,train\nd/b.wav,dog,bob,dev\n');
    expect(rowsOf(labelling)).toEqual(['d/a/1 cat ann train', 'd/b dog bob validation']);
    expect(labelling.notes[0]).toMatch(/1 recordings are in no usable row/);
  });

  it('may be written by a spreadsheet: with a mark, semicolons and quotes', () => {
    expect(rowsOf(read('\uFEFFfile;label\r\n"a/1.wav";"a ""cat"""\r\n'))).toEqual(['d/a/1 a "cat" d/a/1']);
  });

  it('has each of its bad rows listed with the line', () => {
    const { skipped } = read('file,label\n../x.wav,cat\na/1.wav,\nnone.wav,cat\na/2.wav,cat\na/2.wav,dog\n');
    expect(skipped.map(({ path, reason }) => `${path} ${reason}`)).toEqual([
      'd/labels.csv:2 csv-bad-row',
      'd/labels.csv:3 csv-bad-row',
      'd/labels.csv:4 csv-missing-file',
      'd/labels.csv:6 csv-bad-row',
    ]);
  });

  it.each([
    ['path,label\na/1.wav,cat\n', '', 'column'],
    ['file,label\n"a/1.wav,cat\n', '', 'broken'],
    ['file,label\n', '', 'broken'],
    ['', '', 'broken'],
    ['file,label\na/1.wav,cat\n', 'other.csv', 'absent'],
  ])('%j named %j is refused as %s', (csv, name, is) => {
    expect(() => read(csv, name)).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ is }) as unknown }),
    );
    expect(() => read(csv, name)).toThrow(CsvProblem);
  });
});
