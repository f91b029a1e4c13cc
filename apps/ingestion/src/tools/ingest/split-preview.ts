import { FolderLayout } from '../../domain/folder-layout.js';
import { SPLITS, type FoundRecording, type Split } from '../../domain/recording.js';
import { assignSplits } from '../../domain/split-assignment.js';
import { SPLIT_PROPERTIES, splitRulesOf } from './ingest-parameters.js';
import { refuseSplit } from './split-refusal.js';

/** Recordings of a class in each split. */
export type ClassSplits = { name: string } & Record<Split, number>;

/** `notes` say what the split cannot promise, as the report of the ingestion does. */
export type SplitPreview = { ok: true; classes: ClassSplits[]; notes: string[] } | { ok: false; reason: string };

/**
 * How `ingest-audio-folders` would split recordings by its defaults, told by their paths alone, so that a data set that can't be trained on is
 * found before anything is run. What turns out to be unreadable is not known here.
 * @param paths below the folder that holds the classes' folders, with `/`
 */
export function previewFolderSplits(paths: readonly string[]): SplitPreview {
  const layout = new FolderLayout(new Set(), 'auto');
  const found = paths
    .map((path, index): FoundRecording => ({ index, segments: path.split('/') }))
    .filter(({ segments }) => layout.placement(segments).use === 'recording');
  const { recordings, notes } = layout.label(found);
  const defaults = Object.entries(SPLIT_PROPERTIES).map(([name, schema]) => [name, schema['default']]);
  const assignment = assignSplits(recordings, null, splitRulesOf(Object.fromEntries(defaults)));
  if ('problem' in assignment) return { ok: false, reason: refuseSplit(assignment).message };
  const classes = new Map<string, ClassSplits>();
  for (const [at, { label }] of recordings.entries()) {
    const counts = classes.get(label) ?? { name: label, train: 0, validation: 0, test: 0 };
    counts[assignment.splits[at]!] += 1;
    classes.set(label, counts);
  }
  return { ok: true, classes: [...classes.values()], notes: [...notes, ...assignment.notes] };
}

/** Splits of a class that would have none of its recordings. */
export function emptySplitsOf(counts: ClassSplits): Split[] {
  return SPLITS.filter((split) => counts[split] === 0);
}
