export const SPLITS = ['train', 'validation', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/** A recording that was read: where it lay. Its samples are in a store, at the same index. */
export interface FoundRecording {
  index: number;
  /** clean path segments, the file's name last */
  segments: string[];
}

/** A recording and what it is an example of. */
export interface LabelledRecording {
  index: number;
  /** unique in the data set, e.g. `yes/0a7c2a8d_nohash_0` */
  id: string;
  label: string;
  speaker: string;
  /** where whoever made the data set wants it */
  split: Split | null;
}

/** A file's name without its ending. */
export function stemOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(0, dot) : name;
}

/** Text order that is the same everywhere: by code unit, no locale. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
