import type { ToolContext } from '@sedge/tool-contracts';
import { countByReason, SKIP_REASONS, type SkippedFile, type SkipReason } from '../../domain/skip-reasons.js';
import { REPORT_FILE } from './ingestion-report.js';

const MOST_FILES = 20;
const MOST_EXAMPLES = 5;

/** How many files were left out, by reason, with a few of them; all of them are in the report. */
export interface SkippedSummary {
  count: number;
  byReason: Record<string, number>;
  examples: { path: string; sentence: string }[];
}

/** @param skipped in the order of their paths */
export function summaryOfSkipped(skipped: readonly SkippedFile[]): SkippedSummary {
  return { count: skipped.length, byReason: countByReason(skipped), examples: examplesOf(skipped) };
}

/** One of each reason first, so that a common reason does not hide a rare one. */
function examplesOf(skipped: readonly SkippedFile[]): SkippedSummary['examples'] {
  const first = new Map<SkipReason, SkippedFile>();
  for (const file of skipped) if (!first.has(file.reason)) first.set(file.reason, file);
  const others = skipped.filter((file) => first.get(file.reason) !== file);
  return [...first.values(), ...others].slice(0, MOST_EXAMPLES).map(({ path, sentence }) => ({ path, sentence }));
}

/** Logs the first files by name, each with its reason, and warns with a count for each reason. */
export function tellSkipped(skipped: readonly SkippedFile[], recordings: number, log: ToolContext['log']): void {
  if (skipped.length === 0) return;
  for (const { path, sentence } of skipped.slice(0, MOST_FILES)) log('info', `skipped ${path}: ${sentence}`);
  if (skipped.length > MOST_FILES) log('info', `skipped ${skipped.length - MOST_FILES} more; see ${REPORT_FILE}`);
  const reasons = Object.entries(countByReason(skipped)).map(
    ([reason, count]) => `${count} ${reason} (${SKIP_REASONS[reason as SkipReason]})`,
  );
  const [{ path, sentence }] = skipped as [SkippedFile];
  log(
    'warn',
    `${skipped.length} files skipped, ${recordings} recordings taken: ${reasons.join(', ')}; the first is ${path}: ${sentence}`,
  );
}
