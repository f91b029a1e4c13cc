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

/** `notes` say, as sentences, what of the folder is no class although it may be taken for one. */
export interface ClassFolders {
  classes: ClassFolder[];
  notes: string[];
}

const NOISE_FOLDER = '_background_noise_';
const isRecording = (name: string): boolean => /\.(wav|flac)$/i.test(name);
const MEND =
  'give a folder with one folder per class, each with WAV or FLAC files: recordings/yes/1.wav, recordings/no/1.wav';

/** The classes of a folder of recordings, in the order of their names. @throws CommandError when it holds less than two */
export async function findClassFolders(folder: string): Promise<ClassFolders> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR') {
      throw new CommandError('CLI_RECORDINGS_NO_FOLDER', `'${folder}' is a file, not a folder`, EXIT.usage, MEND);
    }
    const what =
      error.code === 'ENOENT' ? `there is no folder '${folder}'` : `'${folder}' can't be read: ${error.message}`;
    throw new CommandError('CLI_RECORDINGS_ABSENT', what, EXIT.notFound, MEND);
  });
  const classes: ClassFolder[] = [];
  const notes: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const { name } = entry;
    if (name === NOISE_FOLDER || name.startsWith('.')) continue;
    if (entry.isSymbolicLink()) notes.push(`Left out: ${name} is a link, and links are not followed.`);
    if (!entry.isDirectory()) continue;
    const all = await readdir(join(folder, name), { recursive: true });
    const files = all.filter(isRecording).map((path) => path.replaceAll(sep, '/'));
    if (files.length === 0) notes.push(`Left out: ${name} holds no WAV or FLAC file.`);
    else classes.push({ name, recordings: files.length, files: files.sort() });
  }
  if (classes.length < 2) {
    const found = classes.length === 0 ? 'no folder with recordings' : `only one class, '${classes[0]!.name}'`;
    const why = [`'${folder}' holds ${found}`, ...notes].join('. ').replace(/\.$/, '');
    throw new CommandError('CLI_CLASSES_TOO_FEW', why, EXIT.usage, MEND);
  }
  return { classes, notes };
}
