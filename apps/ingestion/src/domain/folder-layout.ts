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

/** The least share of the recordings that must name a speaker for the names to be taken for speakers; the others are nobody's. */
const MOST = 0.9;

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
    return { recordings, labels, skipped: [], notes: speakerNotes(rule, placed), lists: null };
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

type FoundRule = Exclude<SpeakerRule, 'auto'>;

/** What the path names as the speaker; null where it names none. */
function namedSpeaker(segments: string[], rule: FoundRule): string | null {
  if (rule === 'folder') return segments.length > 2 ? segments[1]! : null;
  if (rule === 'prefix') return /^([^_]+)_/.exec(stemOf(segments.at(-1)!))?.[1] ?? null;
  return null;
}

/** A recording that names no speaker is a speaker of its own. */
const speakerOf = (segments: string[], rule: FoundRule): string => namedSpeaker(segments, rule) ?? segments.join('/');

function speakerNotes(rule: FoundRule, placed: FoundRecording[]): string[] {
  const risk = 'recordings of one speaker may be in two splits, and accuracy may look better than it is';
  if (rule === 'recording') return [`speakers are not known: ${risk}`];
  const nameless = placed.filter(({ segments }) => namedSpeaker(segments, rule) === null);
  if (nameless.length === 0) return [];
  const example = nameless[0]!.segments.join('/');
  return [`the speaker is not known of ${nameless.length} of ${placed.length} recordings (${example}): ${risk}`];
}

/** Names of speakers recur across classes; three or more of them make it a rule. */
function guessRule(placed: FoundRecording[]): FoundRule {
  const names = (rule: 'folder' | 'prefix'): boolean => {
    const named = placed.filter(({ segments }) => namedSpeaker(segments, rule) !== null);
    if (named.length === 0 || named.length < MOST * placed.length) return false;
    const classesBySpeaker = new Map<string, Set<string>>();
    for (const { segments } of named) {
      const speaker = namedSpeaker(segments, rule)!;
      classesBySpeaker.set(speaker, (classesBySpeaker.get(speaker) ?? new Set()).add(segments[0]!));
    }
    return [...classesBySpeaker.values()].filter((classes) => classes.size > 1).length >= 3;
  };
  if (names('folder')) return 'folder';
  return names('prefix') ? 'prefix' : 'recording';
}
