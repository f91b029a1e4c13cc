import { byText, type LabelledRecording } from './recording.js';
import { skippedFile, type SkippedFile } from './skip-reasons.js';

/** What the samples of a recording say about it. */
export interface Content {
  path: string;
  digest: string;
  isSilent: boolean;
}

export interface Judgement {
  kept: LabelledRecording[];
  skipped: SkippedFile[];
  /** kept, though something speaks against it */
  doubtful: SkippedFile[];
}

/**
 * Sorts out what can't be right: recordings of nothing, the same recording under two labels (one must be wrong, and which one isn't said) or
 * of two speakers (it could be in two splits), and two files that claim one id. The same recording twice of one speaker is kept and listed,
 * and so is silence where it is what most of a class is made of.
 * The result does not depend on the order of the files.
 * @param keepDoubtful keeps all but doubled ids, for data sets whose lists count them
 */
export function judgeRecordings(
  recordings: LabelledRecording[],
  contentOf: (recording: LabelledRecording) => Content,
  keepDoubtful: boolean,
): Judgement {
  const judgement: Judgement = { kept: [], skipped: [], doubtful: [] };
  const labels = new Groups(recordings, contentOf, ({ label }) => label);
  const speakers = new Groups(recordings, contentOf, ({ speaker }) => speaker);
  const quiet = classesOfSilence(recordings, contentOf);
  const digestById = new Map<string, string>();
  const seen = new Set<string>();
  const ordered = [...recordings].sort((a, b) => byText(a.id, b.id) || byText(contentOf(a).path, contentOf(b).path));
  for (const recording of ordered) {
    const { path, digest, isSilent } = contentOf(recording);
    const earlier = digestById.get(recording.id);
    if (earlier !== undefined) {
      judgement.skipped.push(skippedFile(path, earlier === digest ? 'duplicate' : 'same-path'));
      continue;
    }
    digestById.set(recording.id, digest);
    const isAgain = seen.has(digest);
    seen.add(digest);
    let doubt: SkippedFile | null = null;
    if (isSilent) doubt = skippedFile(path, 'silent');
    else if (labels.of(digest).length > 1) doubt = skippedFile(path, 'several-labels', labels.of(digest).join(', '));
    else if (isAgain) doubt = skippedFile(path, 'duplicate');
    const isHarmless = isSilent
      ? quiet.has(recording.label)
      : doubt?.reason === 'duplicate' && speakers.of(digest).length === 1;
    const isKept = doubt === null || keepDoubtful || isHarmless;
    if (isKept) judgement.kept.push(recording);
    if (doubt) (isKept ? judgement.doubtful : judgement.skipped).push(doubt);
  }
  return judgement;
}

/** Labels of which at least half the recordings are silent: they are meant to be. */
function classesOfSilence(
  recordings: LabelledRecording[],
  contentOf: (recording: LabelledRecording) => Content,
): Set<string> {
  const balance = new Map<string, number>();
  for (const recording of recordings) {
    const step = contentOf(recording).isSilent ? 1 : -1;
    balance.set(recording.label, (balance.get(recording.label) ?? 0) + step);
  }
  return new Set([...balance].filter(([, more]) => more >= 0).map(([label]) => label));
}

/** What recordings of the same content have as a label or speaker, sorted. */
class Groups {
  private readonly namesByDigest = new Map<string, Set<string>>();

  constructor(
    recordings: LabelledRecording[],
    contentOf: (recording: LabelledRecording) => Content,
    nameOf: (recording: LabelledRecording) => string,
  ) {
    for (const recording of recordings) {
      const { digest } = contentOf(recording);
      const names = this.namesByDigest.get(digest) ?? new Set();
      this.namesByDigest.set(digest, names.add(nameOf(recording)));
    }
  }

  of(digest: string): string[] {
    return [...this.namesByDigest.get(digest)!].sort(byText);
  }
}
