import { emptySplitsOf, previewFolderSplits, type ClassSplits } from '@sedge/ingestion';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import type { ClassFolder } from './class-folders.js';

/** Recordings of a class below which little is learnt of it. */
const FEW = 20;
const MEND =
  'record more: each class said by the same speakers, ten or more of them, named in the file (yes/ann_1.wav, no/ann_1.wav)';

/** How the recordings of each class come into the splits, and what that cannot promise, as sentences. */
export interface SplitsOfClasses {
  splits: ClassSplits[];
  notes: string[];
}

/**
 * How the recordings of each class come into training, validation and test.
 *
 * @throws CommandError CLI_RECORDINGS_TOO_FEW where a workflow of them could not run to its end
 */
export function splitClasses(classes: readonly ClassFolder[]): SplitsOfClasses {
  const preview = previewFolderSplits(classes.flatMap(({ name, files }) => files.map((file) => `${name}/${file}`)));
  if (!preview.ok) throw tooFew(preview.reason);
  const untaught = preview.classes.filter(({ train }) => train === 0).map(({ name }) => name);
  if (untaught.length > 0) {
    throw tooFew(`nothing would be left to train on of ${untaught.join(', ')}: all of it goes to validation and test`);
  }
  return { splits: preview.classes, notes: preview.notes.map(asSentence) };
}

const asSentence = (note: string): string => `${note.charAt(0).toUpperCase()}${note.slice(1)}.`;

function tooFew(reason: string): CommandError {
  return new CommandError('CLI_RECORDINGS_TOO_FEW', `the recordings are too few: ${reason}`, EXIT.usage, MEND);
}

/** What to expect of classes that are thin, as sentences. */
export function thinClassNotes(classes: readonly ClassFolder[], splits: readonly ClassSplits[]): string[] {
  const few = classes.filter(({ recordings }) => recordings < FEW).map(({ name }) => name);
  const without = (split: 'validation' | 'test'): string[] =>
    splits.filter((counts) => emptySplitsOf(counts).includes(split)).map(({ name }) => name);
  const [unvalidated, untested] = [without('validation'), without('test')];
  return [
    ...(few.length > 0 ? [`Few recordings of ${few.join(', ')}: expect little of them before there are more.`] : []),
    ...(unvalidated.length > 0 ? [`No recording of ${unvalidated.join(', ')} in the validation split.`] : []),
    ...(untested.length > 0
      ? [`No recording of ${untested.join(', ')} in the test split: the accuracy says nothing of them.`]
      : []),
  ];
}
