import { byText, SPLITS, type Split } from './recording.js';
import { saltedHash } from './salted-hash.js';

/** An example that could be taken. */
export interface Candidate {
  id: string;
  /** the word that is spoken */
  label: string;
  split: Split;
}

export interface ChoiceRules {
  /** in the order of their labels */
  words: string[];
  /** share of a split, and what the class is called; null for none */
  unknown: { fraction: number; name: string } | null;
  silence: { fraction: number; name: string } | null;
  salt: string;
}

export interface Choice {
  /** the words, then unknown, then silence */
  classes: string[];
  /** class of each candidate, null for those that are left out */
  labels: (number | null)[];
  /** how many clips of silence each split gets */
  silence: Record<Split, number>;
  notes: string[];
}

/**
 * Chooses the examples of a task: all of the words, and of others so many that they are the wanted share of the split. Those are taken in turn
 * from each other word, so that unknown is as varied as it can be.
 */
export function chooseClasses(candidates: Candidate[], rules: ChoiceRules): Choice {
  const { words, unknown, silence } = rules;
  const labelOf = new Map(words.map((word, label) => [word, label]));
  const labels = candidates.map(({ label }) => labelOf.get(label) ?? null);
  const classes = [...words, ...(unknown ? [unknown.name] : []), ...(silence ? [silence.name] : [])];
  const choice: Choice = { classes, labels, silence: { train: 0, validation: 0, test: 0 }, notes: [] };
  const rest = 1 - (unknown?.fraction ?? 0) - (silence?.fraction ?? 0);
  for (const split of SPLITS) {
    const spoken = candidates.filter((candidate, at) => candidate.split === split && labels[at] !== null).length;
    choice.notes.push(...absentIn(candidates, labels, words, split));
    if (silence) choice.silence[split] = Math.round((spoken * silence.fraction) / rest);
    if (!unknown) continue;
    const wanted = Math.round((spoken * unknown.fraction) / rest);
    const others = inTurns(
      candidates,
      (candidate) => candidate.split === split && !labelOf.has(candidate.label),
      rules.salt,
    );
    for (const at of others.slice(0, wanted)) labels[at] = words.length;
    if (others.length < wanted) {
      choice.notes.push(
        `${split} has ${others.length} recordings of other words, fewer than the ${wanted} that were asked for`,
      );
    }
  }
  return choice;
}

/** A word that a split lacks can't be learned, or can't be judged. */
function absentIn(candidates: Candidate[], labels: (number | null)[], words: string[], split: Split): string[] {
  const present = new Set(labels.filter((_, at) => candidates[at]!.split === split));
  const absent = words.filter((_, label) => !present.has(label));
  return absent.length > 0 ? [`${split} has no recordings of ${absent.join(', ')}`] : [];
}

/** Indices of the candidates that are wanted: one of each word, then a second of each, and so on; by hash within a word. */
function inTurns(candidates: Candidate[], isWanted: (candidate: Candidate) => boolean, salt: string): number[] {
  const byWord = new Map<string, { at: number; hash: number }[]>();
  for (const [at, candidate] of candidates.entries()) {
    if (!isWanted(candidate)) continue;
    const entries = byWord.get(candidate.label) ?? [];
    entries.push({ at, hash: saltedHash(salt, candidate.id) });
    byWord.set(candidate.label, entries);
  }
  const turns = [...byWord].flatMap(([word, entries]) =>
    entries.sort((a, b) => a.hash - b.hash || a.at - b.at).map(({ at }, turn) => ({ at, turn, word })),
  );
  return turns.sort((a, b) => a.turn - b.turn || byText(a.word, b.word)).map(({ at }) => at);
}
