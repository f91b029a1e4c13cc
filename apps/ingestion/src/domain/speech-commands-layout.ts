import { isAudioName, NOISE_FOLDER, type AudioLayout, type Labelling, type Placement } from './audio-layout.js';
import { stemOf, type FoundRecording, type LabelledRecording } from './recording.js';
import { skippedFile, type SkippedFile } from './skip-reasons.js';

const VALIDATION_LIST = 'validation_list.txt';
const TEST_LIST = 'testing_list.txt';
const LISTS = [VALIDATION_LIST, TEST_LIST];
const SPEAKER = /^([^_].*?)_nohash_/;

/**
 * The layout of Speech Commands: `<word>/<speaker>_nohash_<n>.wav`, `_background_noise_/` and the two lists; in a folder of its own or not.
 * @see P. Warden, "Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition", arXiv:1804.03209
 */
export class SpeechCommandsLayout implements AudioLayout {
  readonly form = '<word>/<speaker>_nohash_<n>.wav';
  private readonly present = new Set<string>();

  /** @param words those to read; empty for all */
  constructor(private readonly words: ReadonlySet<string>) {}

  placement(segments: string[]): Placement {
    const name = segments.at(-1)!;
    const folder = segments.at(-2);
    if (LISTS.includes(name)) return { use: 'text' };
    if (folder === NOISE_FOLDER) return isAudioName(name) ? { use: 'noise' } : { use: 'ignored' };
    // What lies at the root beside the folders: read-me, licence.
    if (folder === undefined || (!isAudioName(name) && segments.length < 2)) return { use: 'ignored' };
    if (!isAudioName(name)) return isDocument(name) ? { use: 'ignored' } : { use: 'skipped', reason: 'not-audio' };
    this.present.add(idOf(segments));
    if (this.words.size > 0 && !this.words.has(folder)) return { use: 'ignored' };
    return SPEAKER.test(name) ? { use: 'recording' } : { use: 'skipped', reason: 'no-speaker' };
  }

  label(found: FoundRecording[], texts: ReadonlyMap<string, string>): Labelling {
    const recordings: LabelledRecording[] = [];
    const skipped: SkippedFile[] = [];
    for (const { index, segments } of found) {
      const speaker = SPEAKER.exec(segments.at(-1)!)?.[1];
      if (speaker === undefined) skipped.push(skippedFile(segments.join('/'), 'no-speaker'));
      else recordings.push({ index, id: idOf(segments), label: segments.at(-2)!, speaker, split: null });
    }
    const validation = listIn(texts, VALIDATION_LIST);
    const test = listIn(texts, TEST_LIST);
    const lists = validation && test ? { validation, test, present: this.present } : null;
    const labels = [...new Set([...this.present].map((id) => id.slice(0, id.indexOf('/'))))];
    return { recordings, labels, skipped, notes: [], lists };
  }
}

/** `yes/0a7c2a8d_nohash_0`: word and name without ending, so that WAV and FLAC of a data set have the same ids. */
const idOf = (segments: string[]): string => `${segments.at(-2)!}/${stemOf(segments.at(-1)!)}`;

const isDocument = (name: string): boolean => /^(readme|license|licence|changes|attribution)(\.(md|txt))?$/i.test(name);

function listIn(texts: ReadonlyMap<string, string>, name: string): string[] | null {
  const found = [...texts].find(([path]) => path === name || path.endsWith(`/${name}`));
  if (!found) return null;
  const lines = found[1].split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== '').map((line) => stemOf(line.normalize('NFC')));
}
