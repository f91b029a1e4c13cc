/** Why a file of a source is left out of the data set. */
export const SKIP_REASONS = {
  'unsafe-path': 'its path leads out of the archive',
  'odd-name': 'its name is not readable text',
  link: 'it is a link',
  'special-file': 'it is neither file nor folder',
  encrypted: 'it is encrypted',
  'packing-method': 'it is packed in a way that is not read',
  'outside-layout': 'it lies where the layout has no recordings',
  'not-audio': 'it is neither WAV nor FLAC',
  'no-speaker': 'its name does not say who speaks',
  'too-large': 'it is larger than a recording may be',
  'too-long': 'it lasts longer than a recording may',
  empty: 'it holds no samples',
  unreadable: 'it can not be decoded',
  silent: 'all its samples are zero',
  'same-path': 'other content lies at the same path',
  'several-labels': 'the same content is labelled as something else too',
  duplicate: 'the same content is there already',
  'csv-missing-file': 'the CSV file names it and it is not there',
  'csv-bad-row': 'its row in the CSV file can not be used',
} as const;

export type SkipReason = keyof typeof SKIP_REASONS;

/** A file that was left out: where it is, why, and what was found in it. */
export interface SkippedFile {
  path: string;
  reason: SkipReason;
  sentence: string;
}

export function skippedFile(path: string, reason: SkipReason, detail = ''): SkippedFile {
  const sentence = SKIP_REASONS[reason];
  return { path: printable(path), reason, sentence: detail === '' ? sentence : `${sentence}: ${printable(detail)}` };
}

/** How many files were left out for each reason, in the order of the reasons' names. */
export function countByReason(skipped: readonly SkippedFile[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason } of skipped) counts[reason] = (counts[reason] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const LONGEST = 300;

/** Text that came from outside, fit to be shown: without control characters, and not longer than a reader can use. */
export function printable(text: string): string {
  const visible = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return visible.length <= LONGEST ? visible : `${visible.slice(0, LONGEST)}…`;
}
