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
 * Sorts out what can't be right: recordings of nothing, the same recording twice, or under two labels (one must be wrong, and which one isn't
 * said), and two files that claim one id. The result does not depend on the order of the files.
 * @param keepDoubtful keeps all but doubled ids, for data sets whose lists count them
 */
export function judgeRecordings(
  recordings: LabelledRecording[],
  contentOf: (recording: LabelledRecording) => Content,
  keepDoubtful: boolean,
): Judgement {
  const judgement: Judgement = { kept: [], skipped: [], doubtful: [] };
  const labelsByDigest = new Map<string, Set<string>>();
  for (const recording of recordings) {
    const { digest } = contentOf(recording);
    labelsByDigest.set(digest, (labelsByDigest.get(digest) ?? new Set()).add(recording.label));
  }
  const seenIds = new Set<string>();
  const seenDigests = new Set<string>();
  const ordered = [...recordings].sort(
    (a, b) => byText(a.id, b.id) || byText(contentOf(a).path, contentOf(b).path),
  );
  for (const recording of ordered) {
    const { path, digest, isSilent } = contentOf(recording);
    if (seenIds.has(recording.id)) {
      judgement.skipped.push(skippedFile(path, seenDigests.has(digest) ? 'duplicate' : 'same-path'));
      continue;
    }
    seenIds.add(recording.id);
    const labels = labelsByDigest.get(digest)!;
    const doubt = isSilent
      ? skippedFile(path, 'silent')
      : labels.size > 1
        ? skippedFile(path, 'several-labels', [...labels].sort(byText).join(', '))
        : seenDigests.has(digest)
          ? skippedFile(path, 'duplicate')
          : null;
    seenDigests.add(digest);
    if (doubt) (keepDoubtful ? judgement.doubtful : judgement.skipped).push(doubt);
    if (!doubt || keepDoubtful) judgement.kept.push(recording);
  }
  return judgement;
}
