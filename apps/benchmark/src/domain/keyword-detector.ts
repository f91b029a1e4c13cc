/** Where a keyword is spoken. Times in windows' units: the same as of the detections. */
export interface Utterance {
  /** number of its class */
  label: number;
  startMs: number;
  endMs: number;
}

export interface Detection {
  label: number;
  /** when it was reported: the end of the window */
  atMs: number;
}

export interface DetectorRules {
  threshold: number;
  /** after a detection, nothing is reported for so long */
  refractoryMs: number;
  /** numbers of the classes that are reported; the others are background */
  keywords: ReadonlySet<number>;
}

/** The scores of the windows of a stream. */
export interface WindowScores {
  /** end of the first window, and from one window to the next */
  firstEndMs: number;
  hopMs: number;
  /** probabilities by window, smoothed */
  scores: readonly ArrayLike<number>[];
}

/** Means over the last `count` windows: one window that happens to look like a word is no word. */
export function smoothScores(scores: readonly ArrayLike<number>[], count: number): Float64Array[] {
  return scores.map((_, i) => {
    const from = Math.max(0, i - count + 1);
    const mean = new Float64Array(scores[i]!.length);
    for (let w = from; w <= i; w++) for (let k = 0; k < mean.length; k++) mean[k]! += scores[w]![k]!;
    return mean.map((sum) => sum / (i - from + 1));
  });
}

/** Reports a keyword when it leads all classes with at least the threshold, and holds still for a while after it. */
export function detect({ firstEndMs, hopMs, scores }: WindowScores, rules: DetectorRules): Detection[] {
  const detections: Detection[] = [];
  let quietUntilMs = -Infinity;
  scores.forEach((values, window) => {
    const atMs = firstEndMs + window * hopMs;
    if (atMs < quietUntilMs) return;
    const label = leadingClass(values);
    if (values[label]! < rules.threshold || !rules.keywords.has(label)) return;
    detections.push({ label, atMs });
    quietUntilMs = atMs + rules.refractoryMs;
  });
  return detections;
}

function leadingClass(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

export interface StreamCount {
  hits: number;
  misses: number;
  falseAccepts: number;
}

/**
 * Judges detections. An utterance is hit when its word is reported between its start and `toleranceMs` after its end; the same word reported
 * once more in that time is no fault. Every other detection is a false accept, a wrong word at an utterance included.
 * @param utterances and @param detections in the order of time
 */
export function judge(
  utterances: readonly Utterance[],
  detections: readonly Detection[],
  toleranceMs: number,
): StreamCount {
  const isHit = utterances.map(() => false);
  let falseAccepts = 0;
  let first = 0;
  for (const { label, atMs } of detections) {
    while (first < utterances.length && utterances[first]!.endMs + toleranceMs < atMs) first++;
    let match = -1;
    for (let i = first; i < utterances.length && utterances[i]!.startMs < atMs; i++) {
      if (utterances[i]!.label === label && (match < 0 || !isHit[i])) match = i;
    }
    if (match < 0) falseAccepts++;
    else isHit[match] = true;
  }
  const hits = isHit.filter((value) => value).length;
  return { hits, misses: utterances.length - hits, falseAccepts };
}
