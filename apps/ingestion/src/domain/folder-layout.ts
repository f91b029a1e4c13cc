import {
  isAudioName,
  isForeignAudioName,
  NOISE_FOLDER,
  type AudioLayout,
  type Labelling,
  type Placement,
} from './audio-layout.js';
import { stemOf, type FoundRecording, type LabelledRecording } from './recording.js';

/** How the name of a speaker is found: the folder below the class, the file's name up to its first `_`, or nobody is known twice. */
export const SPEAKER_RULES = ['auto', 'folder', 'prefix', 'recording'] as const;
export type SpeakerRule = (typeof SPEAKER_RULES)[number];

/** One folder per class: `<class>/…/<name>.wav`, `_background_noise_/`; in a folder of its own or not. */
export class FolderLayout implements AudioLayout {
  readonly form = '<class>/<name>.wav';

  /** @param classes those to read; empty for all */
  constructor(
    private readonly classes: ReadonlySet<string>,
    private readonly speakerRule: SpeakerRule,
  ) {}

  placement(segments: string[]): Placement {
    const name = segments.at(-1)!;
    if (isForeignAudioName(name)) return { use: 'skipped', reason: 'not-audio' };
    if (!isAudioName(name)) return { use: 'ignored' };
    if (segments.length < 2) return { use: 'skipped', reason: 'outside-layout' };
    return segments.slice(0, -1).includes(NOISE_FOLDER) ? { use: 'noise' } : { use: 'recording' };
  }

  label(found: FoundRecording[]): Labelling {
    const root = commonRootLength(found);
    const below = found.map(({ index, segments }) => ({ index, segments: segments.slice(root) }));
    const labels = [...new Set(below.map(({ segments }) => segments[0]!))];
    const placed = below.filter(({ segments }) => this.classes.size === 0 || this.classes.has(segments[0]!));
    const rule = this.speakerRule === 'auto' ? guessRule(placed) : this.speakerRule;
    const recordings = placed.map(({ index, segments }): LabelledRecording => {
      const id = [...segments.slice(0, -1), stemOf(segments.at(-1)!)].join('/');
      return { index, id, label: segments[0]!, speaker: speakerOf(segments, rule), split: null };
    });
    const notes =
      rule === 'recording'
        ? [
            'speakers are not known: recordings of one speaker may be in two splits, and accuracy may look better than it is',
          ]
        : [];
    return { recordings, labels, skipped: [], notes, lists: null };
  }
}

/** Folders that hold everything: an archive is often one folder. The last but one folder stays, since it names the class. */
function commonRootLength(found: FoundRecording[]): number {
  const [first, ...others] = found.map(({ segments }) => segments.slice(0, -1));
  if (first === undefined) return 0;
  let length = first.length - 1;
  for (const folders of others) {
    length = Math.min(length, folders.length - 1);
    for (let at = 0; at < length; at++) if (folders[at] !== first[at]) length = at;
  }
  return Math.max(0, length);
}

function speakerOf(segments: string[], rule: Exclude<SpeakerRule, 'auto'>): string {
  const stem = stemOf(segments.at(-1)!);
  if (rule === 'folder') return segments.length > 2 ? segments[1]! : segments.join('/');
  if (rule === 'prefix') return stem.includes('_') ? stem.slice(0, stem.indexOf('_')) : segments.join('/');
  return segments.join('/');
}

/** Names of speakers recur across classes; three or more of them make it a rule. */
function guessRule(placed: FoundRecording[]): Exclude<SpeakerRule, 'auto'> {
  const recurs = (rule: 'folder' | 'prefix'): boolean => {
    const classesBySpeaker = new Map<string, Set<string>>();
    for (const { segments } of placed) {
      const speaker = speakerOf(segments, rule);
      classesBySpeaker.set(speaker, (classesBySpeaker.get(speaker) ?? new Set()).add(segments[0]!));
    }
    return [...classesBySpeaker.values()].filter((classes) => classes.size > 1).length >= 3;
  };
  if (placed.length > 0 && placed.every(({ segments }) => segments.length > 2) && recurs('folder')) return 'folder';
  const named = placed.filter(({ segments }) => /^[^_]+_/.test(segments.at(-1)!));
  return named.length === placed.length && recurs('prefix') ? 'prefix' : 'recording';
}
