import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findClassFolders } from './class-folders.js';

describe('the classes of a folder of recordings', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sedge-classes-'));
    for (const path of [
      'yes/ann_1.wav',
      'yes/bob/1.FLAC',
      'yes/notes.txt',
      'no/ann_1.wav',
      '_background_noise_/a.wav',
    ]) {
      await mkdir(join(folder, path, '..'), { recursive: true });
      await writeFile(join(folder, path), '');
    }
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are its folders with recordings, those below them included', async () => {
    expect(await findClassFolders(folder)).toEqual({
      classes: [
        { name: 'no', recordings: 1, files: ['ann_1.wav'] },
        { name: 'yes', recordings: 2, files: ['ann_1.wav', 'bob/1.FLAC'] },
      ],
      notes: [],
    });
  });

  it('leave out links and folders without recordings, and say so', async () => {
    await mkdir(join(folder, 'maybe'));
    await symlink(join(folder, 'yes'), join(folder, 'oui'));
    const { classes, notes } = await findClassFolders(folder);
    expect(classes.map(({ name }) => name)).toEqual(['no', 'yes']);
    expect(notes).toEqual([
      'Left out: maybe holds no WAV or FLAC file.',
      'Left out: oui is a link, and links are not followed.',
    ]);
    await rm(join(folder, 'no'), { recursive: true });
    await expect(findClassFolders(folder)).rejects.toThrow(/only one class, 'yes'. Left out: maybe/);
  });
});
