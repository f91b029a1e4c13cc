import type { Labelling } from '../../domain/audio-layout.js';
import type { Judgement } from '../../domain/doubtful-recordings.js';
import { SPLITS, type LabelledRecording, type Split } from '../../domain/recording.js';
import { countByReason, type SkippedFile } from '../../domain/skip-reasons.js';
import type { SplitAssignment, SplitDescription } from '../../domain/split-assignment.js';

export const REPORT_FILE = 'ingestion-report.json';

/** What was read, how it was split, and what was left out and why. */
export interface IngestionReport {
  recordings: number;
  speakers: Record<Split, number>;
  /** recordings of each class by split */
  classes: ({ name: string } & Record<Split, number>)[];
  split: SplitDescription;
  noise: { name: string; seconds: number }[];
  notes: string[];
  skippedCount: number;
  skippedByReason: Record<string, number>;
  skipped: SkippedFile[];
  /** kept, though something speaks against them */
  doubtful: SkippedFile[];
}

export interface ReportedIngestion {
  classes: string[];
  kept: LabelledRecording[];
  assignment: SplitAssignment;
  skipped: SkippedFile[];
  judgement: Judgement;
  labelling: Labelling;
  noise: { name: string; length: number }[];
  sampleRateHz: number;
}

export function reportOf(ingestion: ReportedIngestion): IngestionReport {
  const { classes, kept, assignment, skipped, judgement, labelling, noise, sampleRateHz } = ingestion;
  const rows = countsOf(classes, kept, assignment.splits);
  return {
    recordings: kept.length,
    speakers: bySplit((split) => new Set(kept.filter(at(split)).map(({ speaker }) => speaker)).size),
    classes: rows,
    split: assignment.description,
    noise: noise.map(({ name, length }) => ({ name, seconds: Number((length / sampleRateHz).toFixed(3)) })),
    notes: [...labelling.notes, ...assignment.notes, ...untrained(rows)],
    skippedCount: skipped.length,
    skippedByReason: countByReason(skipped),
    skipped,
    doubtful: judgement.doubtful,
  };

  function at(split: Split): (recording: LabelledRecording, index: number) => boolean {
    return (_, index) => assignment.splits[index] === split;
  }
}

function untrained(rows: IngestionReport['classes']): string[] {
  const names = rows.filter(({ train }) => train === 0).map(({ name }) => name);
  return names.length > 0 ? [`train has no recordings of ${names.join(', ')}`] : [];
}

function countsOf(classes: string[], kept: LabelledRecording[], splits: Split[]): IngestionReport['classes'] {
  const rows = new Map(classes.map((name) => [name, { name, ...bySplit(() => 0) }]));
  for (const [index, { label }] of kept.entries()) rows.get(label)![splits[index]!]++;
  return [...rows.values()];
}

function bySplit(count: (split: Split) => number): Record<Split, number> {
  return Object.fromEntries(SPLITS.map((split) => [split, count(split)])) as Record<Split, number>;
}
