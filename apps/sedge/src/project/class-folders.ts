import { readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';

/** A class of recordings: the folder's name and how many recordings lie in it. */
export interface ClassFolder {
  name: string;
  recordings: number;
  /** paths below the class's folder, with `/`, in the order of their names */
  files: string[];
}

const NOISE_FOLDER = '_background_noise_';
const isRecording = (name: string): boolean => /\.(wav|flac)$/i.test(name);
const MEND =
  'give a folder with one folder per class, each with WAV or FLAC files: recordings/yes/1.wav, recordings/no/1.wav';

/** The classes of a folder of recordings, in the order of their names. @throws CommandError when it holds less than two */
export async function findClassFolders(folder: string): Promise<ClassFolder[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR') {
      throw new CommandError('CLI_RECORDINGS_NO_FOLDER', `'${folder}' is a file, not a folder`, EXIT.usage, MEND);
    }
    const what =
      error.code === 'ENOENT' ? `there is no folder '${folder}'` : `'${folder}' can't be read: ${error.message}`;
    throw new CommandError('CLI_RECORDINGS_ABSENT', what, EXIT.notFound, MEND);
  });
  const classes: ClassFolder[] = [];
  for (const { name } of entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))) {
    if (name === NOISE_FOLDER) continue;
    const all = await readdir(join(folder, name), { recursive: true });
    const files = all.filter(isRecording).map((path) => path.replaceAll(sep, '/'));
    if (files.length > 0) classes.push({ name, recordings: files.length, files: files.sort() });
  }
  if (classes.length < 2) {
    const found = classes.length === 0 ? 'no folder with recordings' : `only one class, '${classes[0]!.name}'`;
    throw new CommandError('CLI_CLASSES_TOO_FEW', `'${folder}' holds ${found}`, EXIT.usage, MEND);
  }
  return classes.sort((a, b) => (a.name < b.name ? -1 : 1));
}
