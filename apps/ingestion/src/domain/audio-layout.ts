import type { FoundRecording, LabelledRecording } from './recording.js';
import type { SkippedFile, SkipReason } from './skip-reasons.js';

/** What a file of a source is to a layout. */
export type Placement =
  | { use: 'recording' }
  | { use: 'noise' }
  | { use: 'text' }
  | { use: 'ignored' }
  | { use: 'skipped'; reason: SkipReason };

/** Lists of a data set that say which recordings are for validation and for test; all others are for training. */
export interface SplitLists {
  validation: string[];
  test: string[];
  /** ids of all recordings that the source holds, read or not */
  present: ReadonlySet<string>;
}

export interface Labelling {
  recordings: LabelledRecording[];
  /** all that the source has recordings of, wanted or not */
  labels: string[];
  skipped: SkippedFile[];
  /** what the user should know, as sentences */
  notes: string[];
  lists: SplitLists | null;
}

/** How the files of a source are laid out. Files are placed one by one as they pass; labels are given when all have passed. */
export interface AudioLayout {
  /** for messages, e.g. `<word>/<speaker>_nohash_<n>.wav` */
  form: string;
  placement(segments: string[]): Placement;
  /** @param texts content of the files placed as `text`, by path */
  label(found: FoundRecording[], texts: ReadonlyMap<string, string>): Labelling;
}

export const isAudioName = (name: string): boolean => /\.(wav|wave|flac)$/i.test(name);

/** Files that are recordings and can't be read: to be listed, not passed over like a read-me. */
export const isForeignAudioName = (name: string): boolean =>
  /\.(mp3|ogg|oga|opus|m4a|mp4|aac|aiff?|wma|amr|webm|caf|au|raw|pcm)$/i.test(name);

/** The folder with recordings of noise, as Speech Commands names it. */
export const NOISE_FOLDER = '_background_noise_';
